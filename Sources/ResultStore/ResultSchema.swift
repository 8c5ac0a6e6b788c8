import GRDB
import Quantities

/// The tables and views of a result database, and the migrations that lead to them.
///
/// A migration that has been released never changes; what follows is a new one with the next number.
enum ResultSchema {
  /// The migrations by name, oldest first.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1-tables") { db in try db.execute(sql: tables) }
    migrator.registerMigration("2-views") { db in try db.execute(sql: views) }
    migrator.registerMigration("3-computed") { db in try db.execute(sql: computed) }
    migrator.registerMigration("4-queries") { db in try db.execute(sql: queries) }
    migrator.registerMigration("5-samples") { db in try db.execute(sql: samples) }
    migrator.registerMigration("6-measurements") { db in try db.execute(sql: measurements) }
    migrator.registerMigration("7-microseconds") { db in try db.execute(sql: microseconds) }
    return migrator
  }

  // The literals of the CHECKs are those of `Provenance` and `ResultStatus`, written out because a released migration
  // must not change with them.
  private static let tables = """
    PRAGMA application_id = 0x54726C6E;

    CREATE TABLE input (
      hash TEXT PRIMARY KEY NOT NULL CHECK (length(hash) = 64),
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      text TEXT NOT NULL
    );

    CREATE TABLE run (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      created_at TEXT NOT NULL,
      command TEXT NOT NULL,
      treeline_version TEXT NOT NULL,
      seed INTEGER,
      kind TEXT NOT NULL,
      topology_hash TEXT REFERENCES input (hash),
      model_hash TEXT REFERENCES input (hash),
      tokens INTEGER,
      batch INTEGER,
      world_size INTEGER,
      dtype TEXT,
      note TEXT
    );
    CREATE INDEX run_created_at ON run (created_at);
    CREATE INDEX run_topology_hash ON run (topology_hash);
    CREATE INDEX run_model_hash ON run (model_hash);

    CREATE TABLE run_input (
      run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      hash TEXT NOT NULL REFERENCES input (hash),
      PRIMARY KEY (run_id, position),
      UNIQUE (run_id, hash)
    );
    CREATE INDEX run_input_hash ON run_input (hash);

    CREATE TABLE result (
      id INTEGER PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      label TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      options TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('ok', 'does not fit')),
      position INTEGER NOT NULL,
      UNIQUE (run_id, position)
    );
    CREATE INDEX result_algorithm ON result (algorithm);

    CREATE TABLE metric (
      result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
      name TEXT NOT NULL CHECK (name <> ''),
      scope TEXT NOT NULL,
      value NOT NULL CHECK (typeof(value) IN ('integer', 'real')),
      unit TEXT NOT NULL,
      provenance TEXT NOT NULL CHECK (provenance IN (
        'measured', 'fitted', 'data sheet', 'published', 'simulated', 'closed form', 'assumed', 'emulated')),
      PRIMARY KEY (result_id, name, scope, provenance)
    );
    CREATE INDEX metric_name ON metric (name, scope);
    """

  private static let views = """
    CREATE VIEW v_runs AS
    SELECT run.id AS run_id, run.created_at, run.kind, run.command, topology.name AS topology, model.name AS model,
      run.tokens, run.batch, run.world_size, run.dtype, run.seed, run.treeline_version,
      (SELECT count(*) FROM result WHERE result.run_id = run.id) AS results, run.note
    FROM run
    LEFT JOIN input AS topology ON topology.hash = run.topology_hash
    LEFT JOIN input AS model ON model.hash = run.model_hash;

    CREATE VIEW v_metrics AS
    SELECT result.run_id, run.kind, topology.name AS topology, model.name AS model, run.tokens, run.batch,
      run.world_size, run.dtype, result.position, result.label, result.algorithm, result.status,
      metric.name, metric.scope, metric.value, metric.unit, metric.provenance
    FROM metric
    JOIN result ON result.id = metric.result_id
    JOIN run ON run.id = result.run_id
    LEFT JOIN input AS topology ON topology.hash = run.topology_hash
    LEFT JOIN input AS model ON model.hash = run.model_hash;

    CREATE VIEW v_step_time AS
    SELECT run_id, kind, topology, model, tokens, batch, world_size, dtype, position, label, algorithm, status,
      value * 1e6 AS microseconds, provenance
    FROM v_metrics
    WHERE name = 'step time' AND scope = '' AND unit = 's';
    """

  /// What a change of the tables begins with; the views are made again after it.
  private static let dropViews = """
    DROP VIEW v_step_time;
    DROP VIEW v_metrics;
    DROP VIEW v_runs;
    """

  /// Figures may be computed: SQLite changes a CHECK only with its table, and the views go with that.
  private static let computed = """
    \(dropViews)

    CREATE TABLE metric_3 (
      result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
      name TEXT NOT NULL CHECK (name <> ''),
      scope TEXT NOT NULL,
      value NOT NULL CHECK (typeof(value) IN ('integer', 'real')),
      unit TEXT NOT NULL,
      provenance TEXT NOT NULL CHECK (provenance IN (
        'measured', 'fitted', 'data sheet', 'published', 'simulated', 'closed form', 'assumed', 'emulated', 'computed')),
      PRIMARY KEY (result_id, name, scope, provenance)
    );
    INSERT INTO metric_3 SELECT result_id, name, scope, value, unit, provenance FROM metric ORDER BY rowid;
    DROP TABLE metric;
    ALTER TABLE metric_3 RENAME TO metric;
    CREATE INDEX metric_name ON metric (name, scope);

    """ + views

  /// Steps may have many query tokens. Those stored before are decode steps, for which all masks are the same.
  private static let queries = """
    \(dropViews)

    ALTER TABLE run ADD COLUMN query_tokens INTEGER;
    ALTER TABLE run ADD COLUMN mask TEXT;
    UPDATE run SET query_tokens = 1, mask = 'causal' WHERE kind = 'simulate';

    """ + queryViews

  private static let queryViews = """
    CREATE VIEW v_runs AS
    SELECT run.id AS run_id, run.created_at, run.kind, run.command, topology.name AS topology, model.name AS model,
      run.tokens, run.query_tokens, run.mask, run.batch, run.world_size, run.dtype, run.seed, run.treeline_version,
      (SELECT count(*) FROM result WHERE result.run_id = run.id) AS results, run.note
    FROM run
    LEFT JOIN input AS topology ON topology.hash = run.topology_hash
    LEFT JOIN input AS model ON model.hash = run.model_hash;

    CREATE VIEW v_metrics AS
    SELECT result.run_id, run.kind, topology.name AS topology, model.name AS model, run.tokens, run.query_tokens,
      run.mask, run.batch, run.world_size, run.dtype, result.position, result.label, result.algorithm, result.status,
      metric.name, metric.scope, metric.value, metric.unit, metric.provenance
    FROM metric
    JOIN result ON result.id = metric.result_id
    JOIN run ON run.id = result.run_id
    LEFT JOIN input AS topology ON topology.hash = run.topology_hash
    LEFT JOIN input AS model ON model.hash = run.model_hash;

    CREATE VIEW v_step_time AS
    SELECT run_id, kind, topology, model, tokens, query_tokens, mask, batch, world_size, dtype, position, label,
      algorithm, status, value * 1e6 AS microseconds, provenance
    FROM v_metrics
    WHERE name = 'step time' AND scope = '' AND unit = 's';
    """

  /// What was measured again and again is kept one by one, beside the metric that sums it up. The views are made again so
  /// that they stay behind the tables.
  private static let samples =
    """
    \(dropViews)

    CREATE TABLE sample (
      result_id INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
      name TEXT NOT NULL CHECK (name <> ''),
      position INTEGER NOT NULL,
      value REAL NOT NULL,
      unit TEXT NOT NULL,
      provenance TEXT NOT NULL CHECK (provenance IN ('measured', 'emulated')),
      PRIMARY KEY (result_id, name, position)
    );

    """ + queryViews

  /// What others measured, as it was imported: a row of `source` a file, and what its rows say. The views are made again so
  /// that they stay behind the tables.
  private static let measurements =
    """
    \(dropViews)

    CREATE TABLE source (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      imported_at TEXT NOT NULL,
      command TEXT NOT NULL,
      treeline_version TEXT NOT NULL,
      path TEXT NOT NULL,
      sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
      format TEXT NOT NULL,
      mapping TEXT NOT NULL,
      origin TEXT NOT NULL,
      license TEXT NOT NULL,
      software TEXT NOT NULL,
      rows INTEGER NOT NULL,
      kept INTEGER NOT NULL,
      bad INTEGER NOT NULL,
      duplicate INTEGER NOT NULL,
      unverified INTEGER NOT NULL,
      UNIQUE (sha256, format, mapping)
    );

    CREATE TABLE source_issue (
      source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      line INTEGER NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('bad', 'duplicate', 'unverified')),
      problem TEXT NOT NULL,
      PRIMARY KEY (source_id, position)
    );

    CREATE TABLE kernel_measurement (
      source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      line INTEGER NOT NULL,
      gpu TEXT NOT NULL,
      software TEXT NOT NULL,
      dtype TEXT NOT NULL,
      batch INTEGER NOT NULL,
      query_heads INTEGER NOT NULL,
      kv_heads INTEGER NOT NULL,
      head_dim INTEGER NOT NULL,
      window INTEGER NOT NULL,
      query_tokens INTEGER NOT NULL,
      context_tokens INTEGER NOT NULL,
      seconds REAL NOT NULL CHECK (seconds > 0),
      unverified TEXT NOT NULL,
      provenance TEXT NOT NULL CHECK (provenance IN ('measured', 'published', 'data sheet')),
      PRIMARY KEY (source_id, position)
    );

    CREATE TABLE collective_measurement (
      source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      line INTEGER NOT NULL,
      origin TEXT NOT NULL,
      gpu TEXT NOT NULL,
      interconnect TEXT NOT NULL,
      gpus INTEGER NOT NULL,
      nodes INTEGER NOT NULL,
      nics INTEGER,
      software TEXT NOT NULL,
      collective TEXT NOT NULL,
      dtype TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      in_place INTEGER CHECK (in_place IN (0, 1)),
      seconds REAL NOT NULL CHECK (seconds > 0),
      unverified TEXT NOT NULL,
      provenance TEXT NOT NULL CHECK (provenance IN ('measured', 'published', 'data sheet')),
      PRIMARY KEY (source_id, position)
    );

    CREATE TABLE figure_measurement (
      source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      line INTEGER NOT NULL,
      origin TEXT NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      name TEXT NOT NULL,
      scope TEXT NOT NULL,
      value REAL NOT NULL,
      unit TEXT NOT NULL,
      unverified TEXT NOT NULL,
      provenance TEXT NOT NULL CHECK (provenance IN ('measured', 'published', 'data sheet')),
      PRIMARY KEY (source_id, position)
    );

    """ + queryViews + """


      CREATE VIEW v_kernel_measurement AS
      SELECT source.id AS source_id, source.path, source.origin, source.license, kernel.line,
        CASE kernel.query_tokens WHEN 1 THEN 'decode' ELSE 'prefill' END AS phase, kernel.gpu, kernel.software,
        kernel.dtype, kernel.batch, kernel.query_heads, kernel.kv_heads, kernel.head_dim, kernel.window,
        kernel.query_tokens, kernel.context_tokens, kernel.seconds * 1e6 AS microseconds, kernel.unverified,
        kernel.provenance
      FROM kernel_measurement AS kernel
      JOIN source ON source.id = kernel.source_id;

      CREATE VIEW v_collective_measurement AS
      SELECT source.id AS source_id, source.path,
        CASE time.origin WHEN '' THEN source.origin ELSE time.origin END AS origin, source.license, time.line, time.gpu,
        time.interconnect, time.gpus, time.nodes, time.nics, time.software, time.collective, time.dtype, time.bytes,
        time.in_place, time.seconds * 1e6 AS microseconds, time.bytes / time.seconds AS bytes_per_second, time.unverified,
        time.provenance
      FROM collective_measurement AS time
      JOIN source ON source.id = time.source_id;
      """

  /// Microseconds are rounded to 15 digits: more than any time is known to, fewer than a product of two numbers is off by,
  /// so that what was 30 µs is not 29.999999999999996.
  private static let microseconds = """
    DROP VIEW v_step_time;
    DROP VIEW v_kernel_measurement;
    DROP VIEW v_collective_measurement;

    CREATE VIEW v_step_time AS
    SELECT run_id, kind, topology, model, tokens, query_tokens, mask, batch, world_size, dtype, position, label,
      algorithm, status, CAST(printf('%.15g', value * 1e6) AS REAL) AS microseconds, provenance
    FROM v_metrics
    WHERE name = 'step time' AND scope = '' AND unit = 's';

    CREATE VIEW v_kernel_measurement AS
    SELECT source.id AS source_id, source.path, source.origin, source.license, kernel.line,
      CASE kernel.query_tokens WHEN 1 THEN 'decode' ELSE 'prefill' END AS phase, kernel.gpu, kernel.software,
      kernel.dtype, kernel.batch, kernel.query_heads, kernel.kv_heads, kernel.head_dim, kernel.window,
      kernel.query_tokens, kernel.context_tokens, CAST(printf('%.15g', kernel.seconds * 1e6) AS REAL) AS microseconds,
      kernel.unverified, kernel.provenance
    FROM kernel_measurement AS kernel
    JOIN source ON source.id = kernel.source_id;

    CREATE VIEW v_collective_measurement AS
    SELECT source.id AS source_id, source.path,
      CASE time.origin WHEN '' THEN source.origin ELSE time.origin END AS origin, source.license, time.line, time.gpu,
      time.interconnect, time.gpus, time.nodes, time.nics, time.software, time.collective, time.dtype, time.bytes,
      time.in_place, CAST(printf('%.15g', time.seconds * 1e6) AS REAL) AS microseconds,
      time.bytes / time.seconds AS bytes_per_second, time.unverified, time.provenance
    FROM collective_measurement AS time
    JOIN source ON source.id = time.source_id;
    """
}
