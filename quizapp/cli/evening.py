"""A study evening: the app in browsers."""

from __future__ import annotations

import click


@click.command(epilog="Example: quizapp serve --host 192.168.1.20 --visitors 8")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8128, show_default=True, help="0: any.")
@click.option("--visitors", type=click.IntRange(1, 200), default=16, show_default=True, help="Tabs at once.")
@click.option("--mine", is_flag=True, help="Also print a link to your own data.")
@click.option("--open/--no-open", "open_", default=False, help="Open the (own) link in a browser here.")
def serve(host: str, port: int, visitors: int, mine: bool, open_: bool) -> None:
    """Show the app in browsers, for a study evening, until ctrl+c.

    It prints a link with a key; nobody gets in without one. Every visitor (every browser) has data of
    their own, in a folder under `visitors` in your folder of data, and finds it again on another evening
    through that evening's link. Your own data is shown to nobody, unless you ask for it with --mine: then
    there is a second link, for you, which works for the first browser that opens it and for no other.

    Only this machine can reach it, unless you name another --host: an address of this machine in your
    network, or 0.0.0.0 for all of them. There is no TLS: others in that network can read along.

    Visitors cannot open an editor, and their experiments run on your machine, one at a time.
    """
    from quizapp.serving import evening

    plan = evening.Plan(host=host, port=port, places=visitors, mine=mine, open=open_)
    evening.serve(plan, click.echo, lambda text: click.echo(f"quizapp: {text}", err=True))
