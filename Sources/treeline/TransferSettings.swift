import CUDABackend
import Quantities

/// What the options that `measure link`, `measure collective` and `measure attention` share mean, each checked before any device is asked for.
enum TransferSettings {
  /// How often to repeat.
  static func plan(precision: Precision, repeats: Int) throws -> RepeatPlan {
    let precision = try precision.checked()
    guard (1...100_000).contains(repeats) else {
      throw UsageError("--repeats: found \(repeats), expected 1 to 100000")
    }
    return RepeatPlan(most: repeats, precision: precision)
  }

  /// How long what NCCL does may take.
  static func limit(_ timeout: Double) throws -> Seconds {
    guard timeout >= 0.1, timeout <= 86_400 else {
      throw UsageError("--timeout: found \(timeout), expected 0.1 to 86400 seconds")
    }
    return Seconds(timeout)
  }

  /// The numbers of devices; nil for all there are.
  static func devices(_ list: String?) throws -> [Int]? {
    guard let list else { return nil }
    let numbers = try CommaList.integers(list, option: "--devices", in: 0...1023)
    guard Set(numbers).count == numbers.count else {
      throw UsageError("--devices: found '\(list)', expected each device once")
    }
    return numbers
  }

  /// A size of at least a byte and at most 16 GiB.
  static func size(_ text: String, option: String) throws -> Bytes {
    let size: Bytes
    do {
      size = try Bytes(parsing: text)
    } catch {
      throw UsageError("\(option): \(error)")
    }
    guard size.count >= 1, size.count <= 16 << 30 else {
      throw UsageError("\(option): found '\(text)', expected 1 B to 16 GiB")
    }
    return size
  }

  /// The devices of these numbers.
  static func find(_ numbers: [Int]?, _ driver: CUDADriver) throws -> [DeviceDescription] {
    let all = try driver.devices()
    guard let numbers else { return all }
    return try numbers.map { number in
      guard all.indices.contains(number) else {
        throw CUDAError.noDevice("--devices names \(number), and there are \(all.count), numbered from 0")
      }
      return all[number]
    }
  }

  /// What was measured on, a line each; alike devices share one.
  static func machine(
    _ used: [DeviceDescription], _ devices: InstalledDevices, _ library: NCCLLibrary? = nil
  ) -> [String] {
    var names: [String] = []
    for device in used where !names.contains(device.name) { names.append(device.name) }
    let lines = names.map { name in
      "\(name): " + used.filter { $0.name == name }.map { "GPU\($0.index) at \($0.bus)" }.joined(separator: ", ")
    }
    return lines + [
      "driver \(devices.driverVersion), CUDA \(devices.cudaVersion)" + (library.map { "; \($0.title)" } ?? "")
    ]
  }
}
