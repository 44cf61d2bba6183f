"""``rongtong doctor``: is the workspace healthy, and if not, what mends it?"""

from __future__ import annotations

from dataclasses import asdict

import typer

from service.cli.common import Home, Json, output, print_json, workspace


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(home: Home = None, as_json: Json = False) -> None:
    """Check the workspace and say how to mend what is wrong. Exit code 0 only when it is healthy."""
    from service.checkup import examine

    findings = list(examine(workspace(home)))
    healthy = all(each.healthy for each in findings)
    if as_json:
        print_json({"healthy": healthy, "checks": [asdict(each) for each in findings]})
    else:
        from rich.markup import escape

        console = output()
        for each in findings:
            mark = "[red]✗[/]" if not each.healthy else "[yellow]![/]" if each.mend else "[green]✓[/]"
            console.print(f"{mark} {each.check:<10} {escape(each.detail)}")
            if each.mend:
                console.print(f"             [cyan]→ {escape(each.mend)}[/]")
        console.print("[green]healthy[/]" if healthy else "[red]not healthy[/]")
    if not healthy:
        raise typer.Exit(1)
