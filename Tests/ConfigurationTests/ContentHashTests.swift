import Configuration
import Testing

@Suite struct ContentHashTests {
  /// The alphabet over and over.
  static let text = String(repeating: "abcdefghijklmnopqrstuvwxyz", count: 9)

  @Test(
    "The vectors of FIPS 180-4",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
      ),
    ])
  func vectors(text: String, hash: String) {
    #expect(ContentHash.sha256(text) == hash)
  }

  // What `sha256sum` prints for the first bytes of `text`: around the ends of blocks and of their padding.
  @Test(
    "Lengths around the ends of blocks",
    arguments: [
      (1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
      (55, "595615dbe4f0f407ae397d08b4c2cb870cb9b0e11937416f950c5160acf9c005"),
      (56, "784f623b787495078e93ff28a25b581df0584055a7e71d8cd90c454716b92f51"),
      (57, "808f0738aa4401bdee842e5a15a7baad5809f976d8eb6f9bd2683cebd2e8d671"),
      (63, "5ca3e1ef5207490eac01a795e5cc94d59582a5118bf9534665c8668d87aa647c"),
      (64, "2fcd5a0d60e4c941381fcc4e00a4bf8be422c3ddfafb93c809e8d1e2bfffae8e"),
      (65, "1b3cd1877ab2f2f19f7be001722554f336cb799df0329de0bb4c118dc6abc06d"),
      (119, "faef67da856d6fd9c8d12f9ed0a4fefd3cf0ce085ab43e2907418d457e3c354b"),
      (120, "c9512b08619c19fbb503c7da6b46ef20301e5f7a7a5f43989182398536f5c5c8"),
      (127, "1b9907986f18ddc2b37e18be502d82d69d6e18bb9dff9e16f2aceea7d88cb933"),
      (128, "6c05be2c4268843ae47e68e611277ce62c02153f2f4d2e1e2a1a4b44f766cf74"),
      (200, "8013a82140d916576e2cf550b27449a368abec66cc154a7d9f599019d33aa3d2"),
    ])
  func lengths(length: Int, hash: String) {
    #expect(ContentHash.sha256(String(Self.text.prefix(length))) == hash)
  }

  @Test("Every length from 0 to 200, by the hash of their hashes, a line each")
  func everyLength() {
    let hashes = (0...200).map { ContentHash.sha256(String(Self.text.prefix($0))) }
    #expect(Set(hashes).count == 201)
    #expect(
      ContentHash.sha256(hashes.joined(separator: "\n"))
        == "50c0945b9a04a5ba31b01ef6b660bea151035f82b9bcb64897e341ae11fd9313")
  }

  @Test("Text is hashed as UTF-8")
  func unicode() {
    #expect(
      ContentHash.sha256("größe → 5.12M") == "2b6c7a6ae0166cbf7160ae5ca7cbb3aa6905407bb646d3da95773169102d3915")
  }
}
