extension Conditions {
  /// Whether a condition has every kernel and message be followed event by event: what a device is busy with then
  /// decides when the next thing starts.
  var followEverything: Bool { copyEngines != nil || communicationShare > 0 || receiveBuffer > .zero }

  /// Whether things happen by themselves, so that even a program of lone messages needs the clock.
  var needClock: Bool { followEverything || !linkChanges.isEmpty || !background.isEmpty }

  /// When a rank may begin, in seconds.
  @inline(__always)
  func startDelay(ofRank rank: Int) -> Double { rank < startDelays.count ? startDelays[rank].seconds : 0 }
}
