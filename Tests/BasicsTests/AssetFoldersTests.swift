import Basics
import Testing

@Suite struct AssetFoldersTests {
  @Test("An installed program looks in its prefix's share folder first")
  func installed() {
    let folders = AssetFolders.all(environment: [:], program: "/opt/tools/bin/prefixkv")
    #expect(folders.first == "/opt/tools/share/prefixkv")
    #expect(folders.dropFirst().first == "/opt/tools/bin/assets")
  }

  @Test("A program built in a checkout finds the checkout's assets")
  func inACheckout() {
    let folders = AssetFolders.all(
      environment: [:], program: "/src/prefixkv/.build/x86_64/release/prefixkv")
    #expect(folders.contains("/src/prefixkv/assets"))
  }

  @Test("PREFIXKV_ASSETS is the only place where it is set")
  func explicit() {
    let folders = AssetFolders.all(
      environment: ["PREFIXKV_ASSETS": "/data/assets"], program: "/usr/bin/prefixkv")
    #expect(folders == ["/data/assets"])
  }
}
