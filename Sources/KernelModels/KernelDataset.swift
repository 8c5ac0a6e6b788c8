/// What is known of the measurements beside what their rows say.
public enum KernelDataset {
  /// The bytes of an element of K and V that a row's time implies.
  ///
  /// All rows say bfloat16. But the A100's rows of TensorRT-LLM 1.0.0's XQA read 16-bit caches at up to 1.7 times the data
  /// sheet's bandwidth, and the parameters of H100's XQA, fitted at 16 bit, predict their times within 5 % at 8 bit and 48 %
  /// at 16 bit. So they are taken as 8-bit: inferred, not read from a label.
  public static func inferredElementBytes(
    _ kernel: AttentionKernel, _ software: KernelSoftware, _ device: KernelDevice
  ) -> Int {
    guard device.name == KernelDevice.a100.name else { return kernel.elementBytes }
    return KernelFamily.choose(kernel, software, on: device) == .xqa ? 1 : kernel.elementBytes
  }
}
