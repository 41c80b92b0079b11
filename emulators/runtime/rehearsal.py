"""Starts Spark as the warehouse does and runs what most statements have in common, to archive its classes.

`python -m emulators.runtime.rehearsal FILE`: the JVM writes FILE when it ends.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from emulators.runtime.java import ensure_java
from emulators.runtime.spark_conf import write_spark_conf
from emulators.settings import load
from emulators.warehouse.spark import spark_session

STATEMENTS = (
    "create schema rehearsal",
    "create table rehearsal.orders (id bigint not null, at timestamp, body string, skus array<string>)",
    """insert into rehearsal.orders
    select id, current_timestamp(), concat('{"n":', id, '}'), array('a') from range(20)""",
    "create view rehearsal.parsed as select id, from_json(body, 'n int').n as n, at from rehearsal.orders",
    """create table rehearsal.totals as
    select n % 3 as kind, count(*) as orders, max(at) as latest from rehearsal.parsed group by all""",
    """merge into rehearsal.totals as held using (select 1 as kind, 2L as orders) as news
    on held.kind = news.kind
    when matched then update set orders = news.orders
    when not matched then insert (kind, orders) values (news.kind, news.orders)""",
    """select o.id, t.orders, sku, row_number() over (order by o.at) as place
    from rehearsal.orders as o left join rehearsal.totals as t on o.id % 3 = t.kind
    lateral view explode(skus) as sku
    where o.id in (select id from rehearsal.parsed where n > 3) order by 1 limit 5""",
    "update rehearsal.totals set orders = 0 where kind = 1",
    "delete from rehearsal.totals where kind = 2",
    "describe table extended rehearsal.totals",
    "describe history rehearsal.totals",
)


def main(archive: str) -> None:
    """Run every statement in a folder of its own, and wait for the JVM to end."""
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(load(), home=Path(folder))
        defaults = write_spark_conf(settings, ensure_java()) / "spark-defaults.conf"
        with defaults.open("a") as file:
            file.write(f'spark.driver.extraJavaOptions "-XX:ArchiveClassesAtExit={archive}"\n')
        os.environ["SPARK_CONF_DIR"] = str(settings.spark_conf)
        session = spark_session.start(settings)
        for statement in STATEMENTS:
            session.sql(statement).toArrow()
        stream = session.readStream.table("rehearsal.orders").writeStream.trigger(availableNow=True)
        stream.option("checkpointLocation", f"{folder}/checkpoint").toTable(
            "rehearsal.copies"
        ).awaitTermination()
        gateway = session.sparkContext._gateway
        session.stop()
        if gateway is not None:
            gateway.shutdown()
            gateway.proc.stdin.close()
            gateway.proc.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
