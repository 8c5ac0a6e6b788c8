/// Launches that were recorded once and are started together: a CUDA graph, given back when nobody holds it any more.
public final class LaunchGraph {
  let instance: CUDADriver.Handle
  private let session: DeviceSession

  init(instance: CUDADriver.Handle, session: DeviceSession) {
    self.instance = instance
    self.session = session
  }

  deinit { _ = session.driver.destroyInstance(instance) }
}
