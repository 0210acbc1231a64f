import Basics
import Foundation
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

  @Test("A folder that is above the program and the working folder, too, is looked into once")
  func aboveTheProgram() {
    let here = FileManager.default.currentDirectoryPath
    let folders = AssetFolders.all(environment: [:], program: here + "/bin/prefixkv")
    #expect(folders.count { $0 == here + "/assets" } == 1)
  }

  @Test("PREFIXKV_ASSETS is the only place where it is set")
  func explicit() {
    let folders = AssetFolders.all(
      environment: ["PREFIXKV_ASSETS": "/data/assets"], program: "/usr/bin/prefixkv")
    #expect(folders == ["/data/assets"])
  }
}
