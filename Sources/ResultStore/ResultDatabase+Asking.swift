import GRDB
import Quantities

extension ResultDatabase {
  /// Compares two runs, both as of one moment.
  ///
  /// - Throws: ``ResultStoreError``: `noSuchRun`, `corrupt`, `newer`, `busy` or `missing`.
  public func compare(_ first: Int64, _ second: Int64) throws(ResultStoreError) -> RunComparison {
    try attempt {
      try connections.read { db in RunComparison(try load(first, db), try load(second, db)) }
    }
  }

  /// Asks a question in SQL, on a connection that can only read.
  ///
  ///     try database.query("SELECT label, microseconds FROM v_step_time ORDER BY microseconds")
  ///
  /// ``schema`` lists the tables and views.
  ///
  /// - Parameters:
  ///   - sql: One statement: a `SELECT`, `VALUES`, `WITH`, `EXPLAIN`, or a `PRAGMA` that describes the database.
  ///   - limits: When to stop.
  /// - Throws: ``ResultStoreError``: `refusedQuery` for a statement that writes, attaches, sets, or is more than one;
  ///   `failedQuery` for one that SQLite can't run; `queryTooLarge` past the limit of time or size; `corrupt`, `busy`.
  public func query(_ sql: String, limits: QueryLimits = QueryLimits()) throws(ResultStoreError) -> QueryResult {
    let connection = try ReadingConnection(self, limits: limits)
    return try connection.run(sql)
  }
}
