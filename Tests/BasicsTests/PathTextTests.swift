import Basics
import Testing

@Suite struct PathTextTests {
  @Test(arguments: [
    ("", "", ".", ""), ("x", "x", ".", ""), ("/", "/", "/", ""), ("//", "/", "/", ""),
    ("/x", "x", "/", ""), ("x/", "x", ".", ""), ("a/b", "b", "a", ""), ("a//b//", "b", "a", ""),
    ("/a/b/c.tar.gz", "c.tar.gz", "/a/b", "gz"), (".", ".", ".", ""), ("..", "..", ".", ""),
    (".hidden", ".hidden", ".", ""), ("a.b/c", "c", "a.b", ""), ("a/c.", "c.", "a", ""),
    ("日/本.png", "本.png", "日", "png"),
  ])
  func partsOfPaths(path: String, name: String, folder: String, ending: String) {
    #expect(PathText.name(of: path) == name)
    #expect(PathText.folder(of: path) == folder)
    #expect(PathText.ending(of: path) == ending)
    #expect(ending.isEmpty || PathText.stem(of: path) + "." + ending == name)
  }
}
