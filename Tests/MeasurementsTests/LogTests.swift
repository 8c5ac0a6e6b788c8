import Measurements
import Quantities
import TestSupport
import Testing

/// Logs of nccl-tests and rccl-tests.
@Suite struct LogTests {
  @Test("A log of many ranks behind mpirun's tags, with NCCL's own lines between")
  func tagged() throws {
    let file = try Files.read("all-reduce-16-tagged.log", context: LogContext(interconnect: "8 x NDR", nics: 8))
    #expect(file.format == .ncclTests && file.software == "nccl-tests 2.17.1, NCCL 2.27.3")
    #expect(file.rowCount == 13 && file.issues.isEmpty, "\(file.issues)")
    let times = file.collectives
    #expect(times.count == 26)
    let first = try #require(times.first)
    #expect(
      first
        == CollectiveTime(
          line: 29, gpu: "NVIDIA H100 80GB HBM3", interconnect: "8 x NDR", gpus: 16, nodes: 2, nics: 8,
          software: "nccl-tests 2.17.1, NCCL 2.27.3", collective: "all_reduce", dtype: "float", bytes: Bytes(8),
          inPlace: false, time: Seconds(28.00 * 1e-6)))
    #expect(times.map(\.inPlace) == (0..<26).map { $0 % 2 == 1 })
    #expect(times.allSatisfy { $0.unverified.isEmpty })
  }

  @Test("Columns of early versions: a reduction that stays blank, and the largest error")
  func early() throws {
    let file = try Files.read("all-gather-8-old.log")
    #expect(file.rowCount == 6 && file.issues.isEmpty, "\(file.issues)")
    #expect(file.collectives.allSatisfy { $0.collective == "all_gather" && $0.gpus == 8 && $0.nodes == 1 })
    #expect(file.collectives.first?.gpu == "A100-SXM4-40GB" && file.software == "nccl-tests")
  }

  @Test("Five programs in one file, each with its own ranks and bandwidth of the bus")
  func programs() throws {
    let file = try Files.read("five-programs-4.log")
    #expect(file.issues.isEmpty, "\(file.issues)")
    var counts: [String: Int] = [:]
    for time in file.collectives { counts[time.collective, default: 0] += 1 }
    // In place, alltoall gives no times at all there.
    #expect(counts == ["sendrecv": 14, "broadcast": 14, "alltoall": 7, "reduce": 14, "reduce_scatter": 14])
    #expect(file.software == "NCCL 2.18.3")
  }

  @Test func rccl() throws {
    let file = try Files.read("rccl-all-reduce-8.log")
    #expect(file.issues.isEmpty && file.rowCount == 4, "\(file.issues)")
    #expect(file.software == "rccl-tests develop:0123abc")
    #expect(file.collectives.allSatisfy { $0.gpu == "AMD Instinct MI300X" })
  }

  @Test(
    "Launchers' tags and times before lines are taken away",
    arguments: [
      "[Sat Nov 28 13:00:05 2026]<stdout>:", "Sat Nov 28 13:00:05 2026<stdout>:",
      "[1,0][Sat Nov 28 13:00:05 2026]<stdout>:",
      "[prterun-node0-4077@1,0]<stdout>: ", "2026-11-28T13:00:05Z ", "2026-11-28T13:00:05.123456+01:00 ",
      "2026-11-28 13:00:05,123 ", "[2026-11-28 13:00:05] ", "2026-11-28T13:00:05.1Z [1,0]<stdout>:", "3: ",
    ])
  func prefixes(prefix: String) throws {
    let text = try Files.text("rccl-all-reduce-8.log")
    let plain = try MeasurementReader.read(text, name: "x.log")
    let tagged = text.split(separator: "\n", omittingEmptySubsequences: false).map { prefix + $0 }
    let file = try MeasurementReader.read(tagged.joined(separator: "\n"), name: "x.log")
    #expect(file.measurements == plain.measurements && file.software == plain.software)
    #expect(file.issues.isEmpty && file.rowCount == plain.rowCount, "\(file.issues)")
  }

  @Test("A row behind an unknown prefix is a bad row, never passed over; so is one whose size and count differ")
  func tornRows() throws {
    let text = try Files.text("rccl-all-reduce-8.log")
    let rows = text.split(separator: "\n").filter { $0.drop { $0 == " " }.first?.isNumber == true }.map(String.init)
    try #require(rows.count == 4)
    let words = rows[1].split(separator: " ")
    for (changed, problem) in [
      ("[node0:99] " + rows[1], "found words before the size"),
      (rows[1].replacing(words[1], with: "7", maxReplacements: 1), "a torn line?"),
    ] {
      let file = try MeasurementReader.read(text.replacing(rows[1], with: changed), name: "torn.log")
      #expect(file.issues.count == 1 && file.collectives.count == 6, "\(file.issues)")
      #expect(file.issues.first?.kind == .bad && file.issues.first?.problem.contains(problem) == true, "\(file.issues)")
    }
  }

  @Test("What a log does not say is asked for by name, and a program is inferred only where one fits")
  func unnamed() throws {
    func failure(_ context: LogContext) -> String {
      do {
        _ = try Files.read("unnamed.log", context: context)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(failure(LogContext()).contains("unnamed.log:6: no line lists the ranks; --gpus"))
    #expect(failure(LogContext(gpus: 8)).contains("--nodes"))
    #expect(failure(LogContext(gpus: 8, nodes: 1)).contains("--gpu does"))
    let file = try Files.read("unnamed.log", context: LogContext(gpu: "GPU", gpus: 8, nodes: 1))
    #expect(file.collectives.allSatisfy { $0.collective == "all_reduce" && $0.unverified.contains("inferred") })
    #expect(file.count(.unverified) == file.rowCount && file.count(.bad) == 0)
    let named = try Files.read(
      "unnamed.log", context: LogContext(gpu: "GPU", gpus: 8, nodes: 1, collective: "all_reduce"))
    #expect(named.issues.isEmpty)
    // Another collective shows in the bandwidth of the bus, where that is large enough to be printed.
    let other = try Files.read(
      "unnamed.log", context: LogContext(gpu: "GPU", gpus: 8, nodes: 1, collective: "all_gather"))
    #expect(other.count(.bad) >= 4 && other.issues.allSatisfy { $0.problem.contains("units mixed up") })
  }

  @Test("What contradicts the log is an error with its line")
  func contradictions() throws {
    for (context, message) in [
      (LogContext(gpus: 8), "the log says 16 ranks, --gpus says 8"),
      (LogContext(nodes: 4), "the log says 2 machines, --nodes says 4"),
      (LogContext(collective: "broadcast"), "the log says all_reduce, --collective says broadcast"),
    ] {
      #expect {
        try Files.read("all-reduce-16-tagged.log", context: context)
      } throws: { "\($0)".contains("all-reduce-16-tagged.log:29: " + message) }
    }
  }

  @Test("A row that is torn in its middle lacks values, and none is taken for another")
  func torn() throws {
    let text = try Files.text("spoilt.log")
    let row = "8192  2048  float  sum  -1  15.05"
    for (torn, word, count) in [
      ("8192  2048  float  sum  15.05", nil, 0), ("8192  2048  float  sum  -1", "-1", 12),
      ("8192  2048  float  sum", "sum", 11),
    ] as [(String, String?, Int)] {
      let file = try MeasurementReader.read(text.replacing(row, with: torn), name: "torn.log")
      let problem = try #require(file.issues.first { $0.line == 17 }).problem
      guard let word else {
        #expect(!problem.contains("missing"), "\(problem)")
        continue
      }
      #expect(
        problem.contains(
          "found \(count) values, expected 13 as its table has columns: values are missing before '\(word)'"),
        "\(problem)")
    }
  }

  @Test("Every spoilt row is listed with its line and what is wrong")
  func spoilt() throws {
    let file = try Files.read("spoilt.log")
    let expected: [(Int, ImportIssue.Kind, String)] = [
      (15, .bad, "time out of place: found 0.00 us"), (16, .bad, "time out of place: found 0.02 us"),
      (17, .bad, "algbw out of place: found 4096 GB/s"), (18, .bad, "busbw: found 9.99 GB/s"),
      (19, .bad, "found 3 wrong elements"), (20, .bad, "expected"), (21, .bad, "did you mean 'float'?"),
      (22, .duplicate, "what line 14 measured, again"), (23, .bad, "size: found 0 B"),
      (25, .unverified, "the program itself says"),
    ]
    #expect(file.issues.map(\.line) == expected.map(\.0))
    for (issue, (line, kind, text)) in zip(file.issues, expected) {
      #expect(issue.line == line && issue.kind == kind && issue.problem.contains(text), "\(issue)")
    }
    #expect(file.rowCount == 11 && file.keptCount == 2 && file.collectives.count == 4)
    for line in [17, 18] {
      #expect(file.issues.contains { $0.line == line && $0.problem.contains("units mixed up") })
    }
  }

  @Test("Other units in the head of a table refuse all of its rows")
  func units() throws {
    let text = try Files.text("rccl-all-reduce-8.log").replacing("(us)", with: "(ms)")
    #expect { try MeasurementReader.read(text, name: "x.log") } throws: {
      "\($0)".contains("gives the unit '(ms)'") && "\($0)".hasPrefix("x.log:")
    }
    let cpu = try Files.text("rccl-all-reduce-8.log").replacing("   time ", with: "cputime ")
    #expect { try MeasurementReader.read(cpu, name: "x.log") } throws: { "\($0)".contains("'cputime'") }
  }

  @Test("Other logs are refused in one sentence", arguments: ["", "hello\nworld\n", "size count type\n", "# size\n"])
  func otherLogs(text: String) {
    #expect { try MeasurementReader.read(text, name: "x.log") } throws: { "\($0)".hasPrefix("x.log:1: found '") }
  }

  @Test(
    "Spoilt logs never end the program, and every row is kept or has its line",
    arguments: ["all-reduce-16-tagged.log", "all-gather-8-old.log", "five-programs-4.log", "spoilt.log", "unnamed.log"])
  func mutations(name: String) throws {
    let text = try Files.text(name)
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<150 {
      let mutated = TextMutation.mutated(text, &generator)
      check(mutated, context: LogContext(gpu: "GPU", gpus: name == "unnamed.log" ? 8 : nil, nodes: nil))
    }
  }

  private func check(_ text: String, context: LogContext) {
    do {
      let file = try MeasurementReader.read(text, name: "x.log", context: context)
      #expect(file.keptCount >= 1 && file.keptCount <= file.rowCount)
      let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      #expect(file.issues.allSatisfy { (1...lines).contains($0.line) && !$0.problem.isEmpty })
      #expect(file.collectives.allSatisfy { $0.time > .zero && $0.bytes.count > 0 })
    } catch {
      #expect("\(error)".hasPrefix("x.log:"), "\(error)")
    }
  }
}
