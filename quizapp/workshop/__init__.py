"""Exercises: code that the learner writes in an editor of their own, and the app checks.

    shelf     the exercises that came with quizapp
    desk      the learner's copies of them
    checking  a check, in a process of its own (exercises/judge.py)
    progress  what was begun, tried and solved
    words     what is said about all this

Nothing here imports an exercise, a learner's code or torch, or knows Textual.
"""
