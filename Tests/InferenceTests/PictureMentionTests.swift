import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct PictureMentionTests {
  private let temporary: TemporaryFolder
  private var folder: String { temporary.path }
  private var cat: String { folder + "/cat.png" }
  private var spaced: String { folder + "/my cat.jpg" }
  private var bare: String { folder + "/screenshot" }

  init() throws {
    temporary = try TemporaryFolder()
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    for path in [cat, spaced, bare] { try Data(png).write(to: URL(fileURLWithPath: path)) }
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/notes"))
  }

  @Test func aPathAnywhereInTheLineIsFoundAndTheRestIsTheQuestion() {
    for line in ["\(cat) what is this?", "what is this? \(cat)", "what \(cat) is this?"] {
      #expect(PictureMention.read(line) == .one(path: cat, question: "what is this?"), "\(line)")
    }
    #expect(
      PictureMention.read("What's in \(cat), and who's there?")
        == .one(path: cat, question: "What's in, and who's there?"))
    #expect(
      PictureMention.read("What is '\(spaced)'?") == .one(path: spaced, question: "What is?"))
    #expect(
      PictureMention.read("Describe (\(cat)).") == .one(path: cat, question: "Describe ()."))
  }

  @Test func everyWayToWriteAPathIsUnderstood() {
    let address = "file://" + spaced.replacing(" ", with: "%20")
    let ways = [
      spaced, "'\(spaced)'", "\"\(spaced)\"", spaced.replacing(" ", with: "\\ "), address,
      "'\(address)'",
    ]
    for way in ways {
      #expect(PictureMention.read(way) == .one(path: spaced, question: ""), "\(way)")
      for line in ["\(way) is it a cat?", "is it \(way) a cat?", "is it a cat? \(way)"] {
        #expect(
          PictureMention.read(line) == .one(path: spaced, question: "is it a cat?"), "\(line)")
      }
    }
  }

  @Test func aNameWithAQuoteInItIsFound() throws {
    let path = folder + "/bob's.png"
    try Data([1]).write(to: URL(fileURLWithPath: path))
    let dropped = "'" + path.replacing("'", with: "'\\''") + "'"
    for way in [path, dropped] {
      #expect(PictureMention.read("\(way) who is it?") == .one(path: path, question: "who is it?"))
    }
  }

  /// `PATH` stands for the path of a picture.
  @Test(arguments: [
    ("what is in `PATH`?", "what is in?"), ("what is in “PATH”?", "what is in?"),
    ("what is in „PATH“?", "what is in?"), ("what is in «PATH»?", "what is in?"),
    ("what is in ‹PATH›?", "what is in?"), ("what is in ‘PATH’?", "what is in?"),
    ("what is in 'PATH'?", "what is in?"), ("what is in \"PATH\"?", "what is in?"),
    ("PATH;how many?", "how many?"), ("PATH:how many?", "how many?"),
    ("PATH: how many?", "how many?"), ("PATH, how many?", "how many?"),
    ("PATH - how many?", "how many?"), ("PATH|how many?", "how many?"),
    ("picture=PATH how many?", "how many?"), ("picture: PATH how many?", "picture: how many?"),
    ("picture:PATH how many?", "how many?"), ("how many are in PATH?", "how many are in?"),
    ("how many are in PATH...", "how many are in..."),
    ("\"how many are in PATH\"", "\"how many are in\""),
    ("how many are in [PATH]?", "how many are in []?"), ("PATHは何?", "は何?"),
  ])
  func everySpellingOfAPathIsRead(line: String, question: String) {
    let line = line.replacing("PATH", with: cat)
    #expect(PictureMention.read(line) == .one(path: cat, question: question), "\(line)")
  }

  @Test func quotesOfATextEncloseBlanks() {
    for (open, close) in [("`", "`"), ("“", "”"), ("«", "»"), ("‘", "’")] {
      #expect(
        PictureMention.read("what is \(open)\(spaced)\(close)?")
          == .one(path: spaced, question: "what is?"))
    }
  }

  /// What the tokenizer alone does, without any file.
  @Test(arguments: [
    ("a.jpg", ["a.jpg"]), ("a.jpg?", ["a.jpg"]), ("a.jpg;b", ["a.jpg"]),
    ("a.JPG,b.png", ["a.JPG", "a.JPG,b.png"]),
    ("a.png.gz", []), ("a.png/b", []), ("a.pngs", []), ("a.png-old", []), ("jpg", []),
  ])
  func pictureEndsAreFound(word: String, pieces: [String]) {
    let word = word[...]
    #expect(PathReading.pictureEnds(of: word).map { String(word[..<$0]) } == pieces)
  }

  @Test func severalPicturesAreSeveral() {
    #expect(PictureMention.read("\(cat),\(bare)") == .several(paths: [cat, bare]))
    #expect(PictureMention.read("'\(cat)' '\(spaced)'") == .several(paths: [cat, spaced]))
    #expect(PictureMention.read("compare \(cat) and \(bare)") == .several(paths: [cat, bare]))
    #expect(
      PictureMention.read("\(cat) is \(cat)?") == .one(path: cat, question: "is?"))
  }

  @Test func aPathThatIsNotThereIsMissed() {
    for (line, path) in [
      ("\(folder)/dog.png what is it?", folder + "/dog.png"),
      ("what is '\(folder)/a dog.png'?", folder + "/a dog.png"),
      ("\(folder)/a dog.png", folder + "/a dog.png"),
      ("nothere.jpg how many hearts?", "nothere.jpg"), ("Is nothere.jpg nice?", "nothere.jpg"),
      ("what is in “nothere.jpg”?", "nothere.jpg"), ("picture=nothere.jpg what?", "nothere.jpg"),
      ("what is in `w/nothere.jpg`?", "w/nothere.jpg"), ("(nothere.png)", "nothere.png"),
      ("w/nothere.jpg:how many?", "w/nothere.jpg"), ("\"nothere.jpg\" what?", "nothere.jpg"),
    ] {
      #expect(PictureMention.read(line) == .missing(path: path), "\(line)")
    }
  }

  @Test func wordsAreNoPictures() {
    for line in [
      "Is .jpg better than .png?", "and/or?", "What is a.png.gz?", "What is 1/2 of .png?",
      "Read \(folder)/notes",
      "What is in \(folder)?", "It's \"fine\"", "/", "'", "\\", "~/", "",
    ] {
      #expect(PictureMention.read(line) == .none, "\(line)")
    }
  }

  @Test func aFileWithoutAnEndingIsKnownByItsFirstBytes() {
    #expect(PictureMention.read("\(bare) what is it?") == .one(path: bare, question: "what is it?"))
  }

  @Test func anAddressOnTheNetworkIsNamed() {
    #expect(
      PictureMention.read("https://example.org/cat.png what is it?")
        == .remote(address: "https://example.org/cat.png"))
  }

  @Test func aPastedTextIsNotSearched() {
    #expect(PictureMention.read(String(repeating: "a/b.png ", count: 4000)) == .none)
  }
}
