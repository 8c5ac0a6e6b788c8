import CollectiveModels
import Testing

@Suite("Files of measured collective times")
struct ReaderTests {
  static let header = "gpu,interconnect,gpus,nodes,software,collective,dtype,bytes,time_us"
  static let sound = "NVIDIA H100 80GB HBM3,NVSwitch NVLink4,4,1,NCCL 2.29.2,all_reduce,half,%,12.5"

  static func read(_ rows: [String], padding: Int = 40) throws -> CollectiveDataFile {
    let filler = (0..<padding).map { sound.replacing("%", with: "\(1024 + $0)") }
    return try CollectiveDataReader.read(
      ([header] + rows + filler).joined(separator: "\n") + "\n", name: "x.csv")
  }

  @Test("Columns may stand in any order, and fields in quotes")
  func order() throws {
    let text = """
      source,gpu,gpus,nodes,interconnect,software,collective,dtype,bytes,time_us
      log.md#L3,H200,2,2,"RoCE 400Gb CX-7, 1 GPU+1 NIC per node",nccl-tests,alltoall (last table),float,4096,60.5
      log.md#L3,H200,2,2,"RoCE 400Gb CX-7, 1 GPU+1 NIC per node",nccl-tests,all_reduce,float,0,0.3
      """
    let file = try CollectiveDataReader.read(text, name: "x.csv")
    let row = try #require(file.measurements.first)
    #expect(row.row.line == 2 && row.row.collective == .allToAll && row.row.source == "log.md#L3")
    #expect(row.machine.network?.kind == .roce && row.row.time.seconds == 60.5 * 1e-6)
    #expect(file.setAside.map(\.line) == [3] && file.bad.isEmpty && file.rowCount == 2)
  }

  @Test(
    "Every bad row is listed with its line and what is wrong",
    arguments: [
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduce,half,512", "found 8 fields, expected 9"),
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduce,half,512,0", "time_us: found 0"),
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduce,half,512,-3", "time_us: found -3"),
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduce,half,512,nan", "time_us: found 'nan'"),
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduce,half,-512,9", "bytes: found '-512'"),
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduce,half,512 B,9", "bytes: found '512 B'"),
      ("NVIDIA H100,NVSwitch,1,1,NCCL,all_reduce,half,512,9", "gpus: found '1'"),
      ("NVIDIA H100,NVSwitch,4,3,NCCL,all_reduce,half,512,9", "found 4 in 3 nodes"),
      ("NVIDIA H10,NVSwitch,4,1,NCCL,all_reduce,half,512,9", "gpu: found 'NVIDIA H10'"),
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduse,half,512,9", "did you mean 'all_reduce'?"),
      ("NVIDIA H100,NVSwitch,4,1,NCCL,all_reduce,hlaf,512,9", "did you mean 'half'?"),
      ("NVIDIA H100,\"NVSwitch,4,1,NCCL,all_reduce,half,512,9", "a quote without its pair"),
      ("NVIDIA H100 80GB HBM3,NVSwitch NVLink4,4,1,NCCL 2.29.2,all_reduce,half,512,9500", "units mixed up"),
    ])
  func bad(row: String, message: String) throws {
    let file = try Self.read([row])
    let remark = try #require(file.bad.first)
    #expect(file.bad.count == 1 && file.measurements.count == 40 && remark.line == 2)
    #expect("\(remark)".contains(message), "\(remark)")
  }

  @Test("A row that is there twice is bad the second time")
  func twice() throws {
    let row = Self.sound.replacing("%", with: "512")
    let file = try Self.read([row, row])
    #expect(file.bad.map(\.line) == [3] && file.bad.first?.message.contains("line 2 again") == true)
  }

  @Test("Files of other tools, other units and mostly bad rows are refused as a whole")
  func refused() throws {
    func message(_ text: String) -> String {
      do {
        return "\(try CollectiveDataReader.read(text, name: "x.csv").rowCount)"
      } catch {
        return "\(error)"
      }
    }
    #expect(message("").contains("x.csv:1: found ''"))
    #expect(message("# nThread 1 nGpus 8\n 8 2 float sum 12.1\n").contains("x.csv:1: found '# nThread 1 nGpus 8'"))
    #expect(message(Self.header.replacing("bytes", with: "byte")).contains("did you mean 'bytes'?"))
    #expect(message(Self.header.replacing(",bytes", with: "")).contains("there is no bytes"))
    #expect(message(Self.header + ",gpu\n").contains("'gpu', is there twice"))
    let rows = (0..<40).map { Self.sound.replacing("%", with: "\(1024 + $0)") }
    let milliseconds = rows.map { $0.replacing(",12.5", with: ",12500") }
    #expect(message(([Self.header] + milliseconds).joined(separator: "\n")).contains("time_us is in microseconds"))
    let broken = rows.map { $0.replacing("half", with: "?") }
    #expect(message(([Self.header] + broken).joined(separator: "\n")).contains("40 bad rows of 40"))
  }
}
