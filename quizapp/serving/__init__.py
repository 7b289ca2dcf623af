"""The app in a browser: one process for every open tab, behind a key, drawn by textual-serve's terminal.

evening  bind, say the links, end everything
site     what is answered to a browser
door     who may come in, and as whom
guest    the process of one tab
watch    connections that ask nothing, and what goes wrong

Imported only by the command line, and only when it serves.
"""
