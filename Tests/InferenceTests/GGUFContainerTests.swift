import Foundation
import TestSupport
import Testing

@testable import Inference

/// GGUF models that are not one file: split ones and llamafiles.
@Suite struct GGUFContainerTests {
  /// Keys that ask for another projector, tower or decoder are refused by name, whatever else is missing.
  @Test(
    arguments: [
      ("clip.projector_type", .string("ldp")), ("clip.vision.projector_type", .string("qwen2vl")),
      ("clip.has_llava_projector", .boolean(false)),
      ("clip.has_minicpmv_projector", .boolean(true)),
      ("clip.has_qwen2vl_merger", .boolean(true)), ("clip.has_glm_projector", .boolean(true)),
      ("clip.has_audio_encoder", .boolean(true)), ("clip.vision.spatial_merge_size", .integer(2)),
      ("clip.vision.projector.scale_factor", .integer(2)),
      ("clip.vision.n_wa_pattern", .integer(8)),
      ("general.type", .string("adapter")),
    ] as [(String, GGUFWriter.Value)])
  func foreignKeysAreNamed(key: String, value: GGUFWriter.Value) throws {
    try withFolder { folder in
      var writer = GGUFWriter()
      writer.metadata = [(key, value)]
      let path = folder + "/model.gguf"
      try writer.write(to: path, pool: ThreadPool(threads: 1)) { _, _ in }.commit()
      let file = try GGUFFile(path: path)
      expectWeightError(key, path: path, says: [key + " is"]) {
        if key.hasPrefix("clip.") {
          _ = try VisionConfiguration(gguf: file)
        } else {
          _ = try TextConfiguration(gguf: file)
        }
      }
    }
  }

  /// The default of several chat templates has the plain key; where none has it, that is said.
  @Test func ofSeveralChatTemplatesTheDefaultIsMeant() throws {
    func found(_ keys: [String]) throws -> [String] {
      try withFolder { folder in
        var writer = GGUFWriter()
        writer.metadata = keys.map { ("tokenizer.chat_template" + $0, .string("text of \($0)")) }
        let path = folder + "/model.gguf"
        try writer.write(to: path, pool: ThreadPool(threads: 1)) { _, _ in }.commit()
        return try GGUFFormat.chatTemplates(GGUFFile(path: path)).map { "\($0.source): \($0.text)" }
      }
    }
    #expect(try found(["", ".rag"]) == ["tokenizer.chat_template: text of "])
    #expect(try found([]) == [])
    #expect(
      try found([".tool_use", ".rag"]) == [
        "tokenizer.chat_template.rag, tokenizer.chat_template.tool_use (none is the default): "
      ])
  }

  // MARK: Split models

  /// A part with one tensor of 32 zeros.
  private static func part(
    _ number: Int, of count: Int, tensors: Int = 3, claims: Int? = nil
  ) -> Data {
    var builder = ByteBuilder().text("GGUF").u32(3).u64(1).u64(3)
      .string("split.no").u32(2).u16(UInt16(claims ?? number - 1))
      .string("split.count").u32(2).u16(UInt16(count))
      .string("split.tensors.count").u32(5).u32(UInt32(tensors))
      .string("tensor.\(number)").u32(1).u64(32).u32(0).u64(0)
    builder.data.append(Data(count: (builder.data.count + 31) / 32 * 32 - builder.data.count + 128))
    return builder.data
  }

  private static func withParts<Result>(
    _ parts: [String: Data], _ body: (String) throws -> Result
  ) throws -> Result {
    try withFolder { folder in
      for (name, data) in parts {
        try data.write(to: URL(fileURLWithPath: folder + "/" + name))
      }
      return try body(folder)
    }
  }

  private static let whole = [
    "m-00001-of-00003.gguf": part(1, of: 3), "m-00002-of-00003.gguf": part(2, of: 3),
    "m-00003-of-00003.gguf": part(3, of: 3),
  ]

  @Test(arguments: ["m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"])
  func anyPartLeadsToTheWholeModel(name: String) throws {
    try Self.withParts(Self.whole) { folder in
      let file = try GGUFParts.joined(folder + "/" + name)
      #expect(file.tensors.map(\.name) == ["tensor.1", "tensor.2", "tensor.3"])
      #expect(file.path == folder + "/m-00001-of-00003.gguf")
      #expect(try file.tensors[2].floats() == Array(repeating: 0, count: 32))
    }
    #expect(!GGUFParts.isFurther("a/m-00001-of-00003.gguf") && !GGUFParts.isFurther("a/m.gguf"))
    #expect(GGUFParts.isFurther("a/m-00002-of-00003.gguf"))
  }

  @Test func partsThatDoNotFitAreRefused() throws {
    func refused(
      _ change: [String: Data], without name: String = "", _ open: String, says: [String]
    ) throws {
      let parts = Self.whole.merging(change, uniquingKeysWith: { $1 }).filter { $0.key != name }
      try Self.withParts(parts) { folder in
        expectWeightError(open, says: says) { _ = try GGUFParts.joined(folder + "/" + open) }
      }
    }
    let first = "m-00001-of-00003.gguf"
    try refused(
      [:], without: "m-00002-of-00003.gguf", first,
      says: ["m-00002-of-00003.gguf", "cannot be read"])
    try refused(
      ["m-00003-of-00003.gguf": Self.part(3, of: 3, claims: 1)], first, says: ["split.no", "2"])
    try refused(
      [first: Self.part(1, of: 2)], "m-00002-of-00003.gguf", says: ["split.count", "3"])
    try refused([first: Self.part(1, of: 3, tensors: 9)], first, says: ["3 tensors", "9"])
    try refused(
      ["model.gguf": Self.part(1, of: 3)], "model.gguf",
      says: ["split.count", "-00001-of-00003.gguf"])
  }

  // MARK: Llamafiles

  /// A zip archive of stored entries behind a program.
  private static func archive(
    _ entries: [(name: String, data: Data)], method: UInt16 = 0
  ) -> Data {
    var file = ByteBuilder().text("MZqFpD='\n")
    var directory = ByteBuilder()
    for (name, data) in entries {
      let local = UInt32(file.data.count)
      let size = UInt32(data.count)
      file = file.u32(0x0403_4b50).u16(20).u16(0).u16(method).u32(0).u32(0).u32(size).u32(size)
        .u16(UInt16(name.utf8.count)).u16(0).text(name)
      file.data.append(data)
      directory = directory.u32(0x0201_4b50).u16(20).u16(20).u16(0).u16(method).u32(0).u32(0)
        .u32(size).u32(size).u16(UInt16(name.utf8.count)).u16(0).u16(0).u16(0).u16(0).u32(0)
        .u32(local).text(name)
    }
    let start = UInt32(file.data.count)
    file.data.append(directory.data)
    return file.u32(0x0605_4b50).u16(0).u16(0).u16(UInt16(entries.count))
      .u16(UInt16(entries.count)).u32(UInt32(directory.data.count)).u32(start).u16(0).data
  }

  private static func fixture(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: Oracle.path("models/tiny-gqa/gguf/" + name)))
  }

  @Test func aLlamafileIsThePairInIt() throws {
    let entries = [
      ("llava.gguf", try Self.fixture("tiny-gqa-q8_0.gguf")), (".args", Data("-m".utf8)),
      ("llava-mmproj.gguf", try Self.fixture("mmproj-tiny-gqa-q8_0.gguf")),
    ]
    let plain = try WeightFormats.open(
      Oracle.path("models/tiny-gqa/gguf/tiny-gqa-q8_0.gguf"),
      options: CheckpointOptions(
        projector: Oracle.path("models/tiny-gqa/gguf/mmproj-tiny-gqa-q8_0.gguf")))
    for name in ["llava.llamafile", "llava.exe"] {
      try Self.withParts([name: Self.archive(entries)]) { folder in
        let checkpoint = try WeightFormats.open(folder + "/" + name)
        #expect(checkpoint.configuration == plain.configuration)
        #expect(checkpoint.tokenizer.encode("a b") == plain.tokenizer.encode("a b"))
        for part in ModelPart.all(in: plain.configuration) {
          #expect(try checkpoint.tensor(part).floats() == plain.tensor(part).floats())
        }
      }
    }
  }

  @Test func llamafilesWithoutAWholeModelAreRefused() throws {
    let text = ("a.gguf", try Self.fixture("tiny-gqa-q8_0.gguf"))
    func refused(_ data: Data, says: [String]) throws {
      try Self.withParts(["m.llamafile": data]) { folder in
        expectWeightError("\(says)", says: says) {
          _ = try WeightFormats.open(folder + "/m.llamafile")
        }
      }
    }
    try refused(Self.archive([(".args", Data("x".utf8))]), says: ["without a model"])
    try refused(Self.archive([text, ("b.gguf", text.1)]), says: ["2 text models"])
    try refused(Self.archive([text], method: 8), says: ["'a.gguf' is compressed"])
    try refused(Self.archive([text]).dropLast(30), says: ["zip"])
    try refused(Self.archive([("a.gguf", text.1.prefix(100))]), says: ["damaged"])
  }
}
