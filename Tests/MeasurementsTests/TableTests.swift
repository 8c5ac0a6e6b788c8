import Measurements
import Quantities
import TestSupport
import Testing

/// Tables of comma-separated values.
@Suite struct TableTests {
  static let kernelHeader =
    "gpu,software,dtype,batch,query_heads,kv_heads,head_dim,window,query_tokens,context_tokens,time_us\n"
  static let kernels =
    kernelHeader + """
      H100,VLLM 1,bfloat16,1,32,8,128,0,1,1024,11.5
      H100,VLLM 1,bfloat16,4,32,8,128,0,1,1024,12.5
      H100,VLLM 1,bfloat16,4,32,8,128,0,1024,1024,120

      """
  static let collectives = """
    source,gpu,gpus,nodes,interconnect,software,collective,dtype,bytes,time_us
    a/b.md#L1,"H100, SXM",16,2,"IB, 8 x NDR",NCCL 2,all_reduce,float,1024,31.5
    a/b.md#L1,"H100, SXM",16,2,"IB, 8 x NDR",NCCL 2,all_reduce,float,2048,32.5

    """

  private static func read(_ text: String) throws -> MeasurementFile {
    try MeasurementReader.read(text, name: "x.csv")
  }

  @Test func kernelTimes() throws {
    for text in [Self.kernels, Self.kernels.replacing("\n", with: "\r\n"), "\u{FEFF}" + Self.kernels] {
      let file = try Self.read(text)
      #expect(file.format == .attentionKernels && file.rowCount == 3 && file.issues.isEmpty, "\(file.issues)")
      #expect(
        file.kernels.first
          == KernelTime(
            line: 2, gpu: "H100", software: "VLLM 1", dtype: "bfloat16", batch: 1, queryHeads: 32, kvHeads: 8,
            headDim: 128, window: 0, queryTokens: 1, contextTokens: 1024, time: Seconds(11.5 * 1e-6)))
    }
  }

  @Test("Values in quotes may hold commas and quotes")
  func quotes() throws {
    let file = try Self.read(Self.collectives.replacing("8 x NDR", with: "\"\"8\"\" x NDR"))
    #expect(file.collectives.first?.gpu == "H100, SXM" && file.collectives.first?.interconnect == "IB, \"8\" x NDR")
    #expect(file.collectives.first?.origin == "a/b.md#L1")
  }

  @Test(
    "A row with something wrong is listed with its line and left out",
    arguments: [
      ("H100,VLLM 1,bfloat16,1,32,8,128,0,1,1024,0", "time_us: found 0, expected 0.5 to"),
      ("H100,VLLM 1,bfloat16,1,32,8,128,0,1,1024,-3", "time_us: found -3"),
      ("H100,VLLM 1,bfloat16,1,32,8,128,0,1,1024,nan", "time_us: found 'nan'"),
      ("H100,VLLM 1,bfloat16,1,32,8,128,0,1,1024", "found 10 fields, expected 11"),
      ("H100,VLLM 1,bfloat16,1,32,7,128,0,1,1024,11", "kv_heads: found 7, expected a divisor of the 32"),
      ("H100,VLLM 1,bfloat16,x,32,8,128,0,1,1024,11", "batch: found 'x'"),
      ("H100,VLLM 1,bfloat16,256,32,8,128,0,1,131072,21", "units mixed up?"),
      ("H100,VLLM 1,bfloat16,16,32,8,128,0,16384,16384,25", "units mixed up?"),
      ("H100,VLLM 1,bfloat16,1,32,8,128,0,9,8,11", "query_tokens: found 9, expected at most the 8"),
      (",VLLM 1,bfloat16,1,32,8,128,0,1,1024,11", "gpu: found nothing"),
      ("\"H100,VLLM 1,bfloat16,1,32,8,128,0,1,1024,11", "found a quote that the line does not close"),
    ])
  func badRows(row: String, problem: String) throws {
    let file = try Self.read(Self.kernels + row + "\n")
    let issue = try #require(file.issues.first)
    #expect(
      file.issues.count == 1 && issue.line == 5 && issue.kind == .bad && issue.problem.contains(problem), "\(issue)")
    #expect(file.rowCount == 4 && file.keptCount == 3 && file.kernels.count == 3)
    #expect(issue.text(file: "x.csv").hasPrefix("x.csv:5: bad: "))
    #expect { try Self.read(Self.kernelHeader + row) } throws: {
      "\($0)".hasPrefix("x.csv:2: ") && "\($0)".contains("none of the 1 rows")
    }
  }

  @Test("A shape that stands twice is listed, with whether the time differs")
  func duplicates() throws {
    let file = try Self.read(
      Self.kernels + "H100,VLLM 1,bfloat16,1,32,8,128,0,1,1024,11.5\nH100,VLLM 1,bfloat16,1,32,8,128,0,1,1024,13\n")
    #expect(
      file.issues.map(\.problem) == ["what line 2 measured, again", "what line 2 measured, again, with another result"])
    #expect(file.issues.allSatisfy { $0.kind == .duplicate } && file.keptCount == 3)
  }

  @Test("Values marked as unverified are kept and say so", arguments: ["16?", "check: 16", "16 (inferred)"])
  func unverified(mark: String) throws {
    let text =
      mark == "16?"
      ? Self.collectives.replacing(",16,2,", with: ",16?,2,")
      : Self.collectives.replacing("NCCL 2", with: "NCCL 2 \(mark)")
    let file = try Self.read(text)
    #expect(file.keptCount == 2 && file.count(.unverified) == 2 && file.collectives.count == 2)
    #expect(file.collectives.allSatisfy { $0.unverified.contains(mark) && $0.gpus == 16 })
    // A word that only begins like one is none.
    #expect(try Self.read(Self.collectives.replacing("NCCL 2", with: "checkpoint 2")).issues.isEmpty)
  }

  @Test("A header that is not quite one names the nearest column")
  func headers() {
    #expect {
      try MeasurementReader.read(
        Self.kernels.replacing("head_dim", with: "hed_dim"), name: "x.csv", format: .attentionKernels)
    } throws: { "\($0)".contains("x.csv:1: ") && "\($0)".contains("did you mean 'head_dim'?") }
    #expect { try Self.read(Self.kernels.replacing("head_dim", with: "hed_dim")) } throws: {
      "\($0)".contains("begins no known table")
    }
    #expect { try Self.read(Self.kernels + "\u{0}") } throws: { "\($0)".contains("x.csv:5: found a NUL") }
  }

  @Test(
    "Every row of the shared data is kept or listed", .enabled(if: !Files.sharedNames.isEmpty, "no ../shared/data here")
  )
  func sharedData() throws {
    let expected: [String: (rows: Int, kept: Int)] = [
      "attention-decode-kernels.csv": (68_297, 68_297), "attention-prefill-kernels.csv": (60_823, 60_823),
      "collectives-multi-node.csv": (243, 239), "collectives-one-node.csv": (672, 672), "energy-power.csv": (22, 21),
      "gpu-specs.csv": (18, 15), "hbm-stream.csv": (272, 272), "nccl-cost-model-constants.csv": (229, 226),
      "rdma-perftest-hdr.csv": (47, 47), "tree-attention-paper.csv": (12, 12),
    ]
    for name in Files.sharedNames {
      let file = try MeasurementReader.read(try Files.shared(name), name: name)
      let count = try #require(expected[name], "\(name) is new")
      #expect(file.rowCount == count.rows && file.keptCount == count.kept, "\(name): \(file.rowCount), \(file.issues)")
    }
  }

  @Test("Spoilt tables never end the program, and every row is kept or has its line")
  func mutations() {
    var generator = SeededGenerator(seed: 3)
    for text in [Self.kernels, Self.collectives] {
      for _ in 0..<1000 { check(TextMutation.mutated(text, &generator)) }
    }
  }

  private func check(_ text: String) {
    do {
      let file = try Self.read(text)
      #expect(file.keptCount >= 1 && file.keptCount <= file.rowCount)
      let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      #expect(file.issues.allSatisfy { (2...lines).contains($0.line) && !$0.problem.isEmpty })
      #expect(file.kernels.allSatisfy { $0.time > .zero } && file.collectives.allSatisfy { $0.time > .zero })
    } catch {
      #expect("\(error)".hasPrefix("x.csv:"), "\(error)")
    }
  }
}
