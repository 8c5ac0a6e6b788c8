/// A line of a trace viewer: a thread of a process.
struct TraceTrack {
  /// The number of the process.
  var process: Int
  /// The place of the thread in it, from 1.
  var thread: Int
}

/// Writes the events of a trace one after another: the JSON object format of Chrome's trace viewer, an event a line.
///
/// The object rather than the plain array, because only it can say that times matter below the microsecond, to which
/// Chrome's viewer otherwise rounds when it nests slices. What has reached the file ends with a whole event at any time,
/// so that a file whose writing was interrupted needs only `]}` after it to be read.
struct TraceEvents {
  /// How many events have been written.
  private(set) var count = 0
  /// How many bytes of JSON have been written.
  private(set) var jsonBytes: Int64 = 0

  private let destination: TraceDestination
  private var text = TraceText()
  private static let header: StaticString = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
  private static let bufferSize = 1 << 16

  init(destination: TraceDestination) {
    self.destination = destination
  }

  // MARK: Names

  /// Names a process and gives it its place, that of its number.
  mutating func nameProcess(_ process: Int, _ name: String) throws(TraceError) {
    try metadata("process_name", of: process, thread: nil) { text in
      text.add("\"name\":")
      text.add(quoted: name)
    }
    try metadata("process_sort_index", of: process, thread: nil) { text in
      text.add("\"sort_index\":")
      text.add(process)
    }
  }

  /// Names a track and gives it its place, that of its number.
  mutating func nameTrack(_ track: TraceTrack, _ name: String) throws(TraceError) {
    try metadata("thread_name", of: track.process, thread: track.thread) { text in
      text.add("\"name\":")
      text.add(quoted: name)
    }
    try metadata("thread_sort_index", of: track.process, thread: track.thread) { text in
      text.add("\"sort_index\":")
      text.add(track.thread)
    }
  }

  private mutating func metadata(
    _ kind: StaticString, of process: Int, thread: Int?, arguments: (inout TraceText) -> Void
  ) throws(TraceError) {
    start("{\"ph\":\"M\",\"pid\":")
    text.add(process)
    if let thread { add(thread, of: process) }
    text.add(",\"name\":\"")
    text.add(kind)
    text.add("\",\"args\":{")
    arguments(&text)
    text.add("}}")
    try end()
  }

  // MARK: Slices

  /// Begins a slice.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - category: Its kind.
  ///   - track: Where it lies; slices of a track nest.
  ///   - time: When it begins, in seconds.
  ///   - isGrey: Whether it is shown in grey: time in which nothing is done.
  ///   - arguments: Writes the members of its `args` object.
  mutating func begin(
    _ name: String, category: StaticString, on track: TraceTrack, at time: Double, isGrey: Bool = false,
    arguments: (inout TraceText) -> Void
  ) throws(TraceError) {
    start("{\"ph\":\"B\",\"name\":")
    text.add(quoted: name)
    text.add(",\"cat\":\"")
    text.add(category)
    place(track, time)
    if isGrey { text.add(",\"cname\":\"grey\"") }
    text.add(",\"args\":{")
    arguments(&text)
    text.add("}}")
    try end()
  }

  /// Ends the innermost open slice of a track.
  mutating func endSlice(on track: TraceTrack, at time: Double) throws(TraceError) {
    start("{\"ph\":\"E")
    place(track, time)
    text.add("}")
    try end()
  }

  // MARK: Flows

  /// Starts the arrow of a message at the open slice of a track.
  mutating func startFlow(_ number: Int, on track: TraceTrack, at time: Double) throws(TraceError) {
    start("{\"ph\":\"s\",\"id\":")
    text.add(number)
    text.add(",\"name\":\"message\",\"cat\":\"message")
    place(track, time)
    text.add("}")
    try end()
  }

  /// Ends the arrow of a message at the open slice of a track.
  mutating func endFlow(_ number: Int, on track: TraceTrack, at time: Double) throws(TraceError) {
    start("{\"ph\":\"f\",\"bp\":\"e\",\"id\":")
    text.add(number)
    text.add(",\"name\":\"message\",\"cat\":\"message")
    place(track, time)
    text.add("}")
    try end()
  }

  // MARK: Counters

  /// Sets a counter.
  ///
  /// - Parameters:
  ///   - name: Its name, unique in its process.
  ///   - unit: What it counts.
  ///   - process: The number of its process.
  ///   - time: Since when it has the value, in seconds.
  ///   - value: The value.
  mutating func count(
    _ name: String, _ unit: StaticString, of process: Int, at time: Double, _ value: Double
  ) throws(TraceError) {
    start("{\"ph\":\"C\",\"name\":")
    text.add(quoted: name)
    text.add(",\"pid\":")
    text.add(process)
    text.add(",\"ts\":")
    text.add(microsecondsOf: time)
    text.add(",\"args\":{\"")
    text.add(unit)
    text.add("\":")
    text.add(value)
    text.add("}}")
    try end()
  }

  // MARK: Writing

  /// Closes the array and hands on everything that is left.
  mutating func finish() throws(TraceError) {
    if count == 0 { text.add(Self.header) }
    text.add("\n]}\n")
    try flush()
  }

  /// Ends a text in quotes and adds the track and the time.
  private mutating func place(_ track: TraceTrack, _ time: Double) {
    text.add("\",\"pid\":")
    text.add(track.process)
    add(track.thread, of: track.process)
    text.add(",\"ts\":")
    text.add(microsecondsOf: time)
  }

  /// Adds a thread by a number that makes the first of a process its main thread, which Perfetto shows above the others.
  private mutating func add(_ thread: Int, of process: Int) {
    text.add(",\"tid\":")
    text.add(process + thread - 1)
  }

  private mutating func start(_ json: StaticString) {
    text.add(count == 0 ? Self.header : ",\n")
    text.add(json)
  }

  private mutating func end() throws(TraceError) {
    count += 1
    if text.bytes.count >= Self.bufferSize { try flush() }
  }

  private mutating func flush() throws(TraceError) {
    jsonBytes += Int64(text.bytes.count)
    try destination.write(text.bytes)
    text.removeAll()
  }
}
