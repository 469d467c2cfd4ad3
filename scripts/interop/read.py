"""Reads a Delta table with one engine and prints what it saw: rows, a sum, a range of times, columns with their types.

    read.py ENGINE TABLE NUMBER_COLUMN TIME_COLUMN [JARS]
"""
import datetime
import json
import os
import sys

engine, path, number, time = sys.argv[1:5]


def micros(value):
    if value.tzinfo is None:
        value = value.replace(tzinfo=datetime.timezone.utc)
    return round((value - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(microseconds=1))


def from_arrow(table):
    import pyarrow.compute as pc
    bounds = pc.min_max(table.column(time)).as_py()
    return table.num_rows, pc.sum(table.column(number)).as_py(), bounds["min"], bounds["max"], [(f.name, str(f.type)) for f in table.schema]


def from_spark(spark):
    frame = spark.read.format("delta").load(path)
    # The session's zone is UTC, and so are the texts.
    row = frame.selectExpr("count(*)", f"sum({number})", f"unix_micros(min({time}))", f"unix_micros(max({time}))").collect()[0]
    return row[0], row[1], row[2], row[3], [(f.name, f.dataType.simpleString()) for f in frame.schema.fields]


def read():
    if engine == "deltalake":
        import deltalake
        return from_arrow(deltalake.DeltaTable(path).to_pyarrow_table())
    if engine == "pandas":
        import deltalake
        frame = deltalake.DeltaTable(path).to_pandas()
        columns = [(name, str(kind)) for name, kind in frame.dtypes.items()]
        return len(frame), frame[number].sum().item(), frame[time].min().to_pydatetime(), frame[time].max().to_pydatetime(), columns
    if engine == "polars":
        import polars
        frame = polars.scan_delta(path).collect()
        columns = [(name, str(kind)) for name, kind in frame.schema.items()]
        return frame.height, frame[number].sum(), frame[time].min(), frame[time].max(), columns
    if engine == "daft":
        import daft
        return from_arrow(daft.read_deltalake(path).to_arrow())
    if engine == "duckdb":
        import duckdb
        connection = duckdb.connect()
        connection.execute("INSTALL delta; LOAD delta; SET TimeZone = 'UTC'")
        source = f"delta_scan('{path}')"
        row = connection.execute(f"SELECT count(*), sum({number}), epoch_us(min({time})), epoch_us(max({time})) FROM {source}").fetchone()
        return *row, [(name, kind) for name, kind, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall()]
    if engine == "sail":
        from pysail.spark import SparkConnectServer
        from pyspark.sql import SparkSession
        server = SparkConnectServer()
        server.start()
        return from_spark(SparkSession.builder.remote(f"sc://localhost:{server.listening_address[1]}").getOrCreate())
    if engine == "spark":
        from pyspark.sql import SparkSession
        builder = SparkSession.builder.master("local[1]").config("spark.jars", sys.argv[5])
        builder = builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        builder = builder.config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        builder = builder.config("spark.sql.session.timeZone", "UTC").config("spark.ui.enabled", "false")
        return from_spark(builder.getOrCreate())
    if engine == "append":
        import deltalake
        table = deltalake.DeltaTable(path).to_pyarrow_table().slice(0, 3)
        deltalake.write_deltalake(path, table, mode="append")
        return from_arrow(deltalake.DeltaTable(path).to_pyarrow_table())
    raise SystemExit(f"unknown engine {engine}")


rows, total, first, last, columns = read()
print(json.dumps({
    "rows": rows, "sum": float(total), "min": first if isinstance(first, int) else micros(first),
    "max": last if isinstance(last, int) else micros(last), "columns": columns,
}))
sys.stdout.flush()
# Not a plain end: threads of some engines abort the process when the interpreter winds down.
os._exit(0)
