import KernelModels
import Quantities
import Testing

@Suite("Files of measured kernel times")
struct KernelDataReaderTests {
  static let header = KernelDataReader.columns.joined(separator: ",")
  static let sound = "NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,%,20.5"

  static func read(_ rows: [String], phase: KernelPhase = .decode, padding: Int = 40) throws -> KernelDataFile {
    // Sound rows around them, of other contexts, so that a few bad ones do not condemn the file.
    let filler = (0..<padding).map { sound.replacing("%", with: "\($0 + 1000)") }
    let text = ([header] + rows + (phase == .decode ? filler : [])).joined(separator: "\n") + "\n"
    return try KernelDataReader.read(text, name: "x.csv", phase: phase)
  }

  @Test("A row is read in full")
  func row() throws {
    let file = try Self.read(["NVIDIA H100 80GB HBM3,TRTLLM 1.3.0rc20,bfloat16,4,32,8,64,128,1,512,9.5"], padding: 0)
    let row = try #require(file.measurements.first)
    #expect(file.rowCount == 1 && row.line == 2)
    #expect(row.device == .h100 && row.software == .trtllm && row.version == "TRTLLM 1.3.0rc20")
    #expect(row.time.seconds == 9.5 * 1e-6)
    #expect(
      row.kernel
        == (try AttentionKernel(
          phase: .decode, batch: 4, queryHeads: 32, kvHeads: 8, headDim: 64, window: 128, queryTokens: 1,
          contextTokens: 512)))
  }

  @Test(
    "Every bad row is listed with its line and what is wrong",
    arguments: [
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512", "found 10 fields, expected 11"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512,20,1", "found 12 fields, expected 11"),
      ("NVIDIA L4,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512,20", "gpu: found 'NVIDIA L4'"),
      ("NVIDIA H100 80GB HBM3,VLM 0.24.0,bfloat16,4,32,8,128,0,1,512,20", "did you mean 'VLLM'?"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,fp4,4,32,8,128,0,1,512,20", "dtype: found 'fp4'"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,four,32,8,128,0,1,512,20", "batch: found 'four'"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,0,32,8,128,0,1,512,20", "batch: found '0'"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,5,128,0,1,512,20", "KV heads: found 5"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,-1,1,512,20", "window: found '-1'"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,2,512,20", "query tokens: found 2"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512,0", "time_us: found 0"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512,-3", "time_us: found -3"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512,nan", "time_us: found 'nan'"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512,1e-5", "time_us: found 1e-5"),
      ("NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,512,20 us", "time_us: found '20 us'"),
      ("", "nothing"),
    ])
  func bad(row: String, message: String) throws {
    let file = try Self.read([row])
    guard !row.isEmpty else {
      #expect(file.bad.isEmpty && file.measurements.count == 40)
      return
    }
    #expect(file.bad.count == 1 && file.measurements.count == 40 && file.rowCount == 41)
    let remark = try #require(file.bad.first)
    #expect(remark.line == 2 && remark.message.contains(message), "\(remark)")
  }

  @Test("A row that stands twice is named with the line of the first")
  func duplicates() throws {
    let row = Self.sound.replacing("%", with: "64")
    let file = try Self.read([row, row.replacing("20.5", with: "21")])
    #expect(file.bad.map(\.line) == [3])
    #expect(file.bad.first?.message.contains("line 2") == true)
    #expect(file.measurements.count == 41)
  }

  @Test("A file with other columns is refused, by the first column that is wrong")
  func header() {
    let error = #expect(throws: KernelDataError.self) {
      try KernelDataReader.read(
        Self.header.replacing("head_dim", with: "head_dm") + "\n", name: "x.csv", phase: .decode)
    }
    #expect(error.map { "\($0)".contains("column 7 is 'head_dm'; did you mean 'head_dim'?") } == true)
    #expect(throws: KernelDataError.self) { try KernelDataReader.read("", name: "x.csv", phase: .decode) }
  }

  @Test("A file with more than a tenth of bad rows is refused")
  func mostlyBad() {
    #expect(throws: KernelDataError.self) { try Self.read(["a,b", "c,d", "e,f"], padding: 20) }
  }

  @Test("Line ends of Windows and a byte order mark change nothing")
  func lineEnds() throws {
    let text = [Self.header, Self.sound.replacing("%", with: "7")].joined(separator: "\r\n") + "\r\n"
    let file = try KernelDataReader.read("\u{FEFF}" + text, name: "x.csv", phase: .decode)
    #expect(file.measurements.count == 1 && file.bad.isEmpty)
  }

  @Test("vLLM's prefills of one token are set aside, and counted")
  func setAside() throws {
    let file = try Self.read(
      [
        "NVIDIA H100 80GB HBM3,VLLM 0.24.0,bfloat16,4,32,8,128,0,1,1,20",
        "NVIDIA H100 80GB HBM3,TRTLLM 1.3.0rc20,bfloat16,4,32,8,128,0,1,1,20",
      ], phase: .prefill)
    #expect(file.setAside.map(\.line) == [2] && file.measurements.map(\.line) == [3] && file.rowCount == 2)
  }

  @Test("Reads above the data sheet's bandwidth are flagged, and kept")
  func physics() throws {
    // 2 x 256 x 8 x 16384 x 128 x 2 B = 17.2 GB in 6 ms: 2.86 TB/s, which only the H100 can.
    let shape = "bfloat16,256,32,8,128,0,1,16384,6000"
    let file = try Self.read([
      "NVIDIA A100-SXM4-80GB,VLLM 0.14.0,\(shape)", "NVIDIA H100 80GB HBM3,VLLM 0.24.0,\(shape)",
      "NVIDIA A100-SXM4-80GB,TRTLLM 1.0.0,\(shape)",
    ])
    #expect(file.flags.map(\.line) == [2, 4] && file.measurements.count == 43)
    #expect(file.flags.first?.message.contains("2.863 TB/s") == true, "\(file.flags)")
    #expect(file.flags.last?.message.contains("taken as 8-bit") == true)
    #expect(file.measurements.prefix(3).map(\.kernel.elementBytes) == [2, 2, 1])
  }
}
