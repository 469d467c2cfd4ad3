/** How an engine opens a table: text to be pasted. */
export interface Snippet {
  readonly engine: string;
  readonly language: 'python' | 'sql' | 'shell';
  readonly text: string;
}

/**
 * @param url of the table: `s3://bucket/prefix/table` or `file:///directory/table`
 * @param endpoint of an S3 server other than AWS, when it is known
 */
export function snippets(url: string, endpoint?: string): readonly Snippet[] {
  const directory = url.startsWith('file:///') ? decodeURIComponent(url.slice('file://'.length)) : undefined;
  const place = directory ?? url;
  const isS3 = directory === undefined;
  const python = JSON.stringify(place);
  const sql = `'${place.replaceAll("'", "''")}'`;
  const server = endpoint?.replace(/\/+$/, '');
  const endpointOption = server === undefined ? '' : `, "AWS_ENDPOINT_URL": ${JSON.stringify(server)}`;
  const storage = isS3 ? `, storage_options={"AWS_REGION": "us-east-1"${endpointOption}}` : '';
  const s3a = JSON.stringify(place.replace(/^s3:/, 's3a:'));
  const hadoop = !isS3 || server === undefined ? ''
    : ` --conf spark.hadoop.fs.s3a.endpoint=${server} --conf spark.hadoop.fs.s3a.path.style.access=true`;
  const packages = `io.delta:delta-spark_2.13:4.0.0${isS3 ? ',org.apache.hadoop:hadoop-aws:3.4.1' : ''}`;
  const host = server?.replace(/^https?:\/\//, '');
  const isTls = String(server?.startsWith('https') ?? true);
  const duckdbServer = host === undefined ? '' : `, ENDPOINT '${host}', URL_STYLE 'path', USE_SSL ${isTls}`;
  const secret = isS3 ? `CREATE SECRET (TYPE s3, PROVIDER credential_chain${duckdbServer});\n` : '';
  const http = server === undefined
    ? `https://${bucketOf(url)}.s3.amazonaws.com/${keyOf(url)}` : `${server}/${bucketOf(url)}/${keyOf(url)}`;
  return [
    {
      engine: 'Spark', language: 'shell',
      text: `pyspark --packages ${packages} --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension `
        + `--conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog${hadoop}\n`
        + `>>> spark.read.format("delta").load(${isS3 ? s3a : python}).show()`,
    },
    {
      engine: 'Sail', language: 'python',
      text: 'from pysail.spark import SparkConnectServer\nfrom pyspark.sql import SparkSession\n'
        + 'server = SparkConnectServer()\nserver.start()\n'
        + 'spark = SparkSession.builder.remote(f"sc://localhost:{server.listening_address[1]}").getOrCreate()\n'
        + `spark.read.format("delta").load(${python}).show()`,
    },
    { engine: 'DuckDB', language: 'sql', text: `INSTALL delta; LOAD delta;\n${secret}FROM delta_scan(${sql});` },
    { engine: 'Polars', language: 'python', text: `import polars as pl\npl.scan_delta(${python}${storage}).collect()` },
    { engine: 'Daft', language: 'python', text: `import daft\ndaft.read_deltalake(${python}).show()` },
    {
      engine: 'Trino', language: 'sql',
      text: `CALL delta.system.register_table(schema_name => 'default', table_name => '${tableName(url)}', table_location => ${sql});\n`
        + `SELECT * FROM delta.default."${tableName(url)}";`,
    },
    { engine: 'ClickHouse', language: 'sql', text: isS3 ? `SELECT * FROM deltaLake('${http}');` : `SELECT * FROM deltaLakeLocal(${sql});` },
    { engine: 'pandas', language: 'python', text: `from deltalake import DeltaTable\nDeltaTable(${python}${storage}).to_pandas()` },
  ];
}

function bucketOf(url: string): string {
  return url.split('/')[2] ?? '';
}

function keyOf(url: string): string {
  return url.split('/').slice(3).join('/');
}

function tableName(url: string): string {
  return (url.split('/').at(-1) ?? '').toLowerCase().replace(/[^a-z0-9_]/g, '_');
}
