"""``syndicator demo``: sixty rows of community products from one file to four channels, on this machine alone."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from adapters.config_files import config_dir
from schemas.listing import ListingState
from syndicator.cli.account_details import sandbox_details
from syndicator.cli.demo_report import DemoReport, write_report
from syndicator.cli.demo_scene import Step, play
from syndicator.cli.exit_codes import Exit
from syndicator.cli.following import follow, listings_of
from syndicator.cli.options import Command, Json, begin
from syndicator.cli.publish_commands import failed_rows_path, show_refused
from syndicator.cli.sandbox_client import SandboxClient
from syndicator.cli.stack import Mode, RunningStack, start_stack
from syndicator.cli.views import show_counts, show_what_to_do
from syndicator.intake.reading import read_products
from syndicator.local.ports import free_port, is_free
from syndicator.local.var import check_var
from syndicator.media.sample_photos import make_photos
from syndicator.settings import Settings
from syndicator.usecases.connect_account import connect_account
from syndicator.usecases.import_file import ImportReport, import_file

SELLER = "demo"
WITHIN = timedelta(minutes=10)
SETTLES = timedelta(seconds=3)
"""How long sold out must last before a post says so: a minute as shipped, which nobody wants to watch."""


def demo(
    file: Annotated[Path | None, typer.Option("--file", help="Another file of products.")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep running afterwards, to look at the shop fronts.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Publish the sample products on four simulated channels and report what happened. Nothing leaves this machine."""
    command = begin(as_json=as_json, seller=SELLER)
    settings = _demo_settings(command.settings)
    check_var(settings.var)
    source = file or config_dir() / "demo" / "community-products.csv"
    began = time.monotonic()
    photos = settings.var / "photos"
    with command.out.progress() as progress:
        names = [m.source for item in read_products(source).products for m in item.product.media]
        make_photos(names, photos, progress=lambda done, total: progress("samples", done, total))
        photos_s = time.monotonic() - began
    with start_stack(_with_free_ports(settings), Mode.SANDBOX) as stack:
        report = _publish(command, stack, source, photos, photos_s=photos_s, began=began)
        path = write_report(report, settings.var / "report.json")
        _tell(command, stack, report, path)
        if keep:
            command.out.say(
                f"ดูหน้าร้านได้ที่ {stack.info.sandbox_url}/ (หยุดด้วย Ctrl-C)",
                f"See the shop fronts at {stack.info.sandbox_url}/ (stop with Ctrl-C)",
            )
            stack.supervisor.wait_for_signal()
    command.out.data(report.document())
    raise typer.Exit(Exit.OK if report.is_good else Exit.UNFINISHED)


def _demo_settings(settings: Settings) -> Settings:
    """Keep the demo apart from real data: a folder, servers and a seller of its own."""
    own = {
        "var": settings.var / "demo",
        "database_url": None,
        "redis_url": None,
        "seller": SELLER,
        "stock": settings.stock.model_copy(update={"sold_out_after": SETTLES, "back_after": SETTLES}),
    }
    return settings.model_copy(update=own)


def _with_free_ports(settings: Settings) -> Settings:
    """Take the usual ports where they are free, others where not; asked just before they are taken."""
    return settings.model_copy(
        update={
            "api": settings.api.model_copy(update={"port": _free(settings.api.host, settings.api.port)}),
            "sandbox": settings.sandbox.model_copy(
                update={"port": _free(settings.sandbox.host, settings.sandbox.port)}
            ),
        }
    )


def _free(host: str, port: int) -> int:
    return port if is_free(host, port) else free_port(host)


def _publish(
    command: Command, stack: RunningStack, source: Path, photos: Path, *, photos_s: float, began: float
) -> DemoReport:
    app = stack.app
    sandbox = SandboxClient(stack.info.sandbox_url or "")
    before = sandbox.summary()
    with app.database.begin() as uow:
        seller_id = uow.accounts.ensure_seller(SELLER)
        connected = bool(uow.accounts.of_seller(seller_id))
    if not connected:
        for details in sandbox_details():
            connect_account(seller_id, details, database=app.database, adapters=app.adapters, clock=app.clock)
    published = time.monotonic()
    with command.out.progress() as progress:
        imported: ImportReport = import_file(
            seller_id,
            source,
            photos=photos,
            account_ids=None,
            failed_rows=failed_rows_path(stack.app.settings.var / source.name),
            tools=app.intake_tools,
            progress=progress,
        )
        settled = follow(app, seller_id, within=WITHIN, progress=progress)
    publish_s = time.monotonic() - published
    scene = play(app, seller_id, sandbox)
    return DemoReport(
        imported=imported,
        settled=settled,
        scene=scene,
        listings=tuple(listings_of(app, seller_id)),
        before=before,
        after=sandbox.summary(),
        peaks=stack.peaks(),
        photos_s=photos_s,
        publish_s=publish_s,
        total_s=time.monotonic() - began,
    )


def _tell(command: Command, stack: RunningStack, report: DemoReport, path: Path) -> None:
    out = command.out
    show_refused(command, report.imported.intake, report.imported.failed_rows)
    show_counts(out, report.listings)
    show_what_to_do(out, [x for x in report.listings if x.state is ListingState.NEEDS_YOU])
    document = report.document()
    out.say(
        f"{report.imported.rows} แถว {len(report.imported.accepted)} สินค้า ลงประกาศใน {report.publish_s:.1f} วินาที "
        f"เรียกช่องทาง {document['remote_calls']} ครั้ง เปลี่ยนแปลง {document['mutating_calls']} ครั้ง "
        f"ประกาศซ้ำ {document['duplicates']}",
        f"{report.imported.rows} rows, {len(report.imported.accepted)} products, published in {report.publish_s:.1f} s, "
        f"{document['remote_calls']} calls to channels, {document['mutating_calls']} of them changes, "
        f"{document['duplicates']} duplicates",
    )
    _tell_scene(command, report)
    out.say(
        f"รายงาน: {path}   หน้าร้าน: {stack.info.sandbox_url}/",
        f"Report: {path}   Shop fronts: {stack.info.sandbox_url}/",
    )


def _tell_scene(command: Command, report: DemoReport) -> None:
    out, scene = command.out, report.scene
    if scene is None:
        out.say(
            "ไม่มีสินค้าที่ขายอยู่ครบทุกช่องทาง จึงไม่ได้ลองเรื่องสต็อก",
            "No goods are on sale everywhere; one stock was not shown.",
        )
        return
    out.say(
        f"สต็อกเดียวทุกช่องทาง: {scene.sku} มีคนซื้อที่ {scene.bought_on} กี่วินาทีช่องทางอื่นจึงแสดงตาม",
        f"One stock everywhere: {scene.sku}, bought on {scene.bought_on}; seconds until each account showed it",
    )
    names = list(dict.fromkeys(name for step in scene.steps for name in step.seen_s))
    out.table(
        (out.pick("เหตุการณ์", "what happened"), out.pick("เหลือ", "left"), *names),
        [
            (out.pick(step.th, step.en), step.units, *(_seen(command, step, name) for name in names))
            for step in scene.steps
        ],
    )


def _seen(command: Command, step: Step, name: str) -> str | None:
    if name not in step.seen_s:
        return command.out.pick("ไม่ต้องเปลี่ยน", "no change")
    seconds = step.seen_s[name]
    return None if seconds is None else f"{seconds:.2f}"
