import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct WeightHostileGGUFTests {
  @discardableResult
  private static func read(_ builder: ByteBuilder) throws -> GGUFFile {
    try withFile(builder.data, name: "model.gguf") { try GGUFFile(path: $0) }
  }

  private static func header(
    version: UInt32 = 3, tensors: UInt64 = 0, metadata: UInt64 = 0
  ) -> ByteBuilder {
    ByteBuilder().text("GGUF").u32(version).u64(tensors).u64(metadata)
  }

  /// One tensor, padded so that its data starts at byte 128 and 4096 bytes follow.
  private static func file(
    name: String = "t", dimensions: [UInt64] = [32], type: UInt32 = 0, offset: UInt64 = 0,
    count: Int = 1
  ) -> ByteBuilder {
    var builder = header(tensors: UInt64(count))
    for _ in 0..<count {
      builder = builder.string(name).u32(UInt32(dimensions.count))
      for dimension in dimensions { builder = builder.u64(dimension) }
      builder = builder.u32(type).u64(offset)
    }
    builder.data.append(
      Data(count: (builder.data.count + 31) / 32 * 32 - builder.data.count + 4096))
    return builder
  }

  @Test func wellFormedFilesAreRead() throws {
    let tensors = try Self.read(Self.file()).tensors
    #expect(tensors.map(\.name) == ["t"] && tensors.map(\.shape) == [[32]])
    #expect(try tensors[0].floats() == Array(repeating: 0, count: 32))
    #expect(try Self.read(Self.header(version: 2)).tensors.isEmpty)
  }

  @Test func headersThatClaimTooMuchAreRefused() {
    expectWeightError("magic", says: ["'GGUF'"]) {
      try Self.read(ByteBuilder().text("GGML").u64(0).u64(0))
    }
    expectWeightError("version 1", says: ["version 1"]) { try Self.read(Self.header(version: 1)) }
    expectWeightError("version 99", says: ["version 99"]) {
      try Self.read(Self.header(version: 99))
    }
    expectWeightError("big-endian", says: ["big-endian"]) {
      try Self.read(Self.header(version: UInt32(3).byteSwapped))
    }
    for count in [1 << 32, 1 << 63, .max] as [UInt64] {
      expectWeightError("tensors", says: ["\(count) tensors"]) {
        try Self.read(Self.header(tensors: count))
      }
      expectWeightError("metadata", says: ["\(count) metadata"]) {
        try Self.read(Self.header(metadata: count))
      }
    }
    for length in 0..<24 {
      let says = length == 0 ? "the file is empty" : "it ends in the middle of its header"
      expectWeightError("cut at \(length)", says: [says]) {
        var builder = Self.header(tensors: 1)
        builder.data = builder.data.prefix(length)
        try Self.read(builder)
      }
    }
  }

  @Test func impossibleMetadataIsRefused() {
    let pad = [UInt8](repeating: 0, count: 64)
    func one(_ build: (ByteBuilder) -> ByteBuilder) -> ByteBuilder {
      build(Self.header(metadata: 1)) + pad
    }
    let cases: [(String, ByteBuilder)] = [
      ("a name of 0 bytes", one { $0.string("").u32(4).u32(1) }),
      ("a string of \(1 << 60) bytes", one { $0.u64(1 << 60) }),
      ("a name of 2 bytes is not valid text", one { $0.u64(2) + [0xff, 0xff] }),
      ("a has the unknown value type 77", one { $0.string("a").u32(77) }),
      ("a string of \(UInt64(1) << 63) bytes", one { $0.string("a").u32(8).u64(1 << 63) }),
      ("a claims \(1 << 32) elements", one { $0.string("a").u32(9).u32(8).u64(1 << 32) }),
      ("a claims \(1 << 62) elements", one { $0.string("a").u32(9).u32(4).u64(1 << 62) }),
      ("a is an array of the unknown value type 9", one { $0.string("a").u32(9).u32(9).u64(1) }),
      ("a is \(UInt64.max), which is too large", one { $0.string("a").u32(10).u64(.max) }),
      (
        "the key 'a' twice",
        Self.header(metadata: 2).string("a").u32(4).u32(1).string("a").u32(4).u32(1)
      ),
    ]
    for (says, builder) in cases {
      expectWeightError(says, says: [says]) { try Self.read(builder) }
    }
  }

  /// Metadata of every type of number, alone and as an array, comes back as it was written.
  @Test func numbersOfEveryTypeAreRead() throws {
    let ones: [(type: UInt32, bytes: [UInt8], value: Double)] = [
      (0, [200], 200), (1, [200], -56), (2, [1, 2], 513), (3, [0, 0x80], -32768),
      (4, [255, 255, 255, 255], 4_294_967_295), (5, [0, 0, 0, 0x80], -2_147_483_648),
      (6, [0, 0, 0xc0, 0x3f], 1.5), (7, [1], 1), (10, [2, 0, 0, 0, 0, 0, 0, 0], 2),
      (11, [UInt8](repeating: 255, count: 8), -1), (12, [0, 0, 0, 0, 0, 0, 0xf8, 0xbf], -1.5),
    ]
    for (type, bytes, value) in ones {
      let builder = Self.header(metadata: 2).string("one").u32(type) + bytes
      let array = builder.string("two").u32(9).u32(type).u64(2) + bytes + bytes
      try withFolder { folder in
        let path = folder + "/model.gguf"
        try array.data.write(to: URL(fileURLWithPath: path))
        let file = try GGUFFile(path: path)
        #expect(file.double("one") == value, "type \(type)")
        #expect(try file.numbers("two").map(Array.init) == [value, value], "type \(type)")
      }
    }
  }

  /// Arrays stay in the file: 16 MB of them take next to no memory.
  @Test func arraysOfMetadataTakeNoMemory() throws {
    let count = 4 << 20
    var builder = Self.header(metadata: 2).string("bytes").u32(9).u32(0).u64(UInt64(count))
    builder.data.append(Data(count: count))
    builder = builder.string("strings").u32(9).u32(8).u64(UInt64(count / 4))
    builder.data.append(Data(count: count / 4 * 8))
    try withFolder { folder in
      let path = folder + "/model.gguf"
      try builder.data.write(to: URL(fileURLWithPath: path))
      let file = try GGUFFile(path: path)
      #expect(try file.numbers("bytes")?.count == count)
      #expect(try file.strings("strings").count == count / 4)
      // What is kept for an array is where it is.
      #expect(MemoryLayout<GGUFMetadata.Value>.size <= 64)
    }
  }

  /// A type of piece that no whole number can hold must not trap.
  @Test(arguments: [Float.nan, .infinity, 1e30, 1.5, -1])
  func typesOfPiecesAreWholeNumbers(type: Float) throws {
    let types = [6.0 as Float, type].map(\.bitPattern)
    var builder = Self.header(metadata: 4).string("tokenizer.ggml.model").u32(8).string("llama")
      .string("tokenizer.ggml.tokens").u32(9).u32(8).u64(2).string("a").string("b")
      .string("tokenizer.ggml.scores").u32(9).u32(6).u64(2).u32(0).u32(0)
      .string("tokenizer.ggml.token_type").u32(9).u32(6).u64(2)
    for bits in types { builder = builder.u32(bits) }
    try withFolder { folder in
      let path = folder + "/model.gguf"
      try builder.data.write(to: URL(fileURLWithPath: path))
      expectWeightError("\(type)", path: path, says: ["piece 1 has the unknown type"]) {
        _ = try GGUFTokenizer.tokenizer(of: GGUFFile(path: path))
      }
    }
  }

  @Test func impossibleAlignmentsAreRefused() {
    for alignment in [0, 3, 1 << 20] as [UInt32] {
      expectWeightError("\(alignment)", says: ["general.alignment"]) {
        try Self.read(Self.header(metadata: 1).string("general.alignment").u32(4).u32(alignment))
      }
    }
    expectWeightError("alignment as text", says: ["general.alignment"]) {
      try Self.read(Self.header(metadata: 1).string("general.alignment").u32(8).string("32"))
    }
  }

  @Test func impossibleTensorsAreRefused() {
    let cases: [(String, ByteBuilder)] = [
      ("'t' has a dimension of 0", Self.file(dimensions: [0])),
      ("'t' has a dimension of \(1 << 42 + 1)", Self.file(dimensions: [1 << 42 + 1])),
      (
        "'t' of type F32 cannot have the shape", Self.file(dimensions: [1 << 40, 1 << 40, 1 << 40])
      ),
      ("'t' has 0 dimensions", Self.file(dimensions: [])),
      ("'t' has 5 dimensions", Self.file(dimensions: [1, 1, 1, 1, 1])),
      ("behind the end of the file", Self.file(offset: 1 << 20)),
      ("'t' starts at byte \(UInt64(1) << 63)", Self.file(offset: 1 << 63)),
      ("'t' starts at byte \(UInt64.max - 31)", Self.file(offset: .max - 31)),
      ("behind the end of the file", Self.file(dimensions: [1 << 20])),
      ("not aligned to 32", Self.file(offset: 4)),
      ("'t' is of the type", Self.file(type: 16)),
      ("'t' is of the type \(UInt32.max)", Self.file(type: .max)),
      ("'t' of type Q8_0 cannot have the shape [33]", Self.file(dimensions: [33], type: 8)),
      ("the tensor 't' twice", Self.file(count: 2)),
      ("a name of 0 bytes", Self.file(name: "")),
    ]
    for (says, builder) in cases {
      expectWeightError(says, says: [says]) { try Self.read(builder) }
    }
  }

  @Test func truncationAnywhereIsNoticed() throws {
    let path = Oracle.path("models/tiny-gqa/gguf/mmproj-tiny-gqa-q8_0.gguf")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let cutShort = [
      "in the middle of its header", "more than its", "only", "more than the file has bytes for",
      "behind the end of the file",
    ]
    for length in stride(from: 1, to: data.count, by: 977) {
      expectWeightError("cut at \(length)", oneOf: cutShort) {
        try Self.read(ByteBuilder(data: data.prefix(length)))
      }
    }
  }

  @Test func aPictureWithoutAVisionFileIsRefused() throws {
    try withFolder { folder in
      let models = Oracle.path("models")
      let path = folder + "/model.gguf"
      try FileManager.default.copyItem(
        atPath: models + "/tiny-gqa/gguf/tiny-gqa-q8_0.gguf", toPath: path)
      // A vision file of another width does not fit.
      try FileManager.default.copyItem(
        atPath: models + "/tiny-mha/gguf/mmproj-tiny-mha-q8_0.gguf", toPath: folder + "/mmproj.gguf"
      )
      let model = try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 1))
      #expect(!model.seesPictures)
      let error = #expect(throws: ModelError.self) {
        try model.embed(Pixels(width: 1, height: 1, rgb: [0, 0, 0]), route: .pad)
      }
      let sentence = "\(error!)"
      #expect(sentence.contains("'model.gguf'") && sentence.contains("--mmproj"))
      #expect(sentence.contains("width 64"))
      expectWeightError("the vision half", says: ["vision half"]) {
        _ = try WeightFormats.open(folder + "/mmproj.gguf")
      }
      expectWeightError("a text model as vision file", says: ["no vision file"]) {
        _ = try WeightFormats.open(path, options: CheckpointOptions(projector: path))
      }
    }
  }

  @Test func folderOfAPairIsOpened() throws {
    try withFolder { folder in
      for name in ["tiny-gqa-q8_0.gguf", "mmproj-tiny-gqa-f16.gguf"] {
        try FileManager.default.copyItem(
          atPath: Oracle.path("models/tiny-gqa/gguf/") + name,
          toPath: folder + "/" + name)
      }
      #expect(try WeightFormats.open(folder).layout == "GGUF")
    }
  }
}
