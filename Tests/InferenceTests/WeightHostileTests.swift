import Foundation
import TestSupport
import Testing

@testable import Inference

/// Runs `body`, which must throw, and checks that the message is a sentence that names the file and
/// says what was found.
///
/// - Parameter oneOf: causes of which one is named, where it depends on the place of the damage.
func expectWeightError(
  _ label: String, path: String? = nil, says parts: [String] = [], oneOf causes: [String] = [],
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  precondition(!parts.isEmpty || !causes.isEmpty, "a refusal is expected with its cause")
  let message = expectRefusal(
    WeightError.self, says: parts + [path.map { "'\($0)'" } ?? "'"], label,
    sourceLocation: sourceLocation, body)
  #expect(
    causes.isEmpty || causes.contains { message.contains($0) }, "\(label): \(message)",
    sourceLocation: sourceLocation)
  #expect(message.hasSuffix(".") || message.hasSuffix("?"), sourceLocation: sourceLocation)
}

/// Little-endian bytes, put together piece by piece.
struct ByteBuilder {
  var data = Data()

  static func + (builder: ByteBuilder, bytes: [UInt8]) -> ByteBuilder {
    var result = builder
    result.data.append(contentsOf: bytes)
    return result
  }

  func u8(_ value: UInt8) -> ByteBuilder { self + [value] }
  func u16(_ value: UInt16) -> ByteBuilder {
    self + withUnsafeBytes(of: value.littleEndian, Array.init)
  }
  func u32(_ value: UInt32) -> ByteBuilder {
    self + withUnsafeBytes(of: value.littleEndian, Array.init)
  }
  func u64(_ value: UInt64) -> ByteBuilder {
    self + withUnsafeBytes(of: value.littleEndian, Array.init)
  }
  func text(_ value: String) -> ByteBuilder { self + Array(value.utf8) }
  /// A string as GGUF writes it.
  func string(_ value: String) -> ByteBuilder { u64(UInt64(value.utf8.count)).text(value) }
}

@Suite struct WeightHostileFileTests {
  @Test func whatIsNoRegularFileIsRefused() throws {
    try withFolder { folder in
      #expect(mkfifo(folder + "/fifo", 0o600) == 0)
      symlink(folder + "/loop", folder + "/loop")
      try Data().write(to: URL(fileURLWithPath: folder + "/empty"))
      for path in ["/dev/zero", folder, folder + "/fifo", folder + "/loop", folder + "/none"] {
        expectWeightError(path, path: path, says: ["cannot be read"]) {
          _ = try MappedFile(path: path)
        }
      }
      expectWeightError("empty", says: ["is empty"]) { _ = try MappedFile(path: folder + "/empty") }
    }
  }

  @Test func aFileCutShortWhileItIsOpenIsNoticed() throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      let checkpoint = try WeightFormats.open(folder)
      #expect(truncate(folder + "/model.safetensors", 5000) == 0)
      expectWeightError("shrunk", path: folder + "/model.safetensors", says: ["was changed"]) {
        _ = try checkpoint.tensor(.outputHead)
      }
    }
  }
}

@Suite struct WeightHostileSafetensorsTests {
  /// Reads a file of this header and `bytes` zeros.
  @discardableResult
  private static func read(
    header: [UInt8], length: UInt64? = nil, bytes: Int = 0
  ) throws -> [Tensor] {
    let file = ByteBuilder().u64(length ?? UInt64(header.count)) + header
    return try read(file.data + Data(count: bytes))
  }

  @discardableResult
  private static func read(_ data: Data) throws -> [Tensor] {
    try withFile(data, name: "model.safetensors") {
      try SafetensorsFile.tensors(of: MappedFile(path: $0))
    }
  }

  private static func tensor(_ shape: String, _ offsets: String, type: String = "F32") -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test(arguments: [0, 1, 1 << 31, 1 << 62, .max] as [UInt64])
  func headerLengthsBeyondTheFileAreRefused(length: UInt64) {
    expectWeightError("\(length)", says: ["header claims \(length) bytes"]) {
      try Self.read(header: Array("{}".utf8), length: length)
    }
  }

  @Test func fewerThanEightBytesAreRefused() {
    expectWeightError("7 bytes", says: ["only 7 bytes"]) { try Self.read(Data(count: 7)) }
  }

  @Test func brokenJSONIsRefused() {
    let headers = [
      ("nonsense", "'{' is missing"), ("[]", "'{' is missing"), ("{ ", "'\"' is missing"),
      (#"{"a""#, "':' is missing"), (#"{"a":1}"#, "'{' is missing"), (#"{"a":{}}"#, "no dtype"),
      ("{}x", "something follows"), (String(repeating: "[", count: 100_000), "'{' is missing"),
      (#"{"__metadata__":"# + String(repeating: "[", count: 100_000), "nested too deeply"),
      (#"{"a":"# + String(repeating: #"{"a":"#, count: 100_000), "nested too deeply"),
    ]
    for (header, says) in headers {
      expectWeightError(String(header.prefix(20)), says: [says]) {
        try Self.read(header: Array(header.utf8))
      }
    }
    expectWeightError("invalid UTF-8", says: ["UTF-8"]) {
      try Self.read(header: Array(#"{""#.utf8) + [0xff, 0xfe] + Array(#"":1}"#.utf8))
    }
  }

  @Test func impossibleTensorsAreRefused() {
    let cases = [
      ("its offsets are [-4, 0]", Self.tensor("[1]", "[-4,0]")),
      ("'4.5' is not a whole number", Self.tensor("[1]", "[0,4.5]")),
      ("'4e0' is not a whole number", Self.tensor("[1]", "[0,4e0]")),
      ("its offsets are [4, 0]", Self.tensor("[1]", "[4,0]")),
      ("take 8 bytes, but 4 follow", Self.tensor("[2]", "[0,8]")),
      (
        "starts at byte 9223372036854775800",
        Self.tensor("[1]", "[9223372036854775800,9223372036854775804]")
      ),
      (
        "'99999999999999999999' is not a whole number",
        Self.tensor("[1]", "[0,99999999999999999999]")
      ),
      ("takes 8 bytes, but its offsets are [0, 4]", Self.tensor("[2]", "[0,4]")),
      ("its offsets are [0]", Self.tensor("[1]", "[0]")),
      ("'a' has more than 2", Self.tensor("[1]", "[0,4,4]")),
      ("impossible shape", Self.tensor("[4294967296,4294967296,4294967296]", "[0,4]")),
      ("impossible shape [-1, -1]", Self.tensor("[-1,-1]", "[0,4]")),
      ("'a' has more than 8", Self.tensor("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[0,4]")),
      ("'a' has the unknown dtype 'Q9'", Self.tensor("[1]", "[0,4]", type: "Q9")),
      ("'a' starts at byte 4", Self.tensor("[0]", "[4,4]")),
    ]
    for (says, tensor) in cases {
      expectWeightError(tensor, says: [says]) {
        try Self.read(header: Array("{\"a\":\(tensor)}".utf8), bytes: 4)
      }
    }
    expectWeightError("overlap", says: ["'b' starts at byte 0"]) {
      let header = "{\"a\":\(Self.tensor("[1]", "[0,4]")),\"b\":\(Self.tensor("[1]", "[0,4]"))}"
      try Self.read(header: Array(header.utf8), bytes: 4)
    }
    expectWeightError("duplicate", says: ["'a' twice"]) {
      let header = "{\"a\":\(Self.tensor("[1]", "[0,4]")),\"a\":\(Self.tensor("[1]", "[0,4]"))}"
      try Self.read(header: Array(header.utf8), bytes: 4)
    }
    expectWeightError("bytes that belong to no tensor", says: ["but 8 follow"]) {
      try Self.read(header: Array("{\"a\":\(Self.tensor("[1]", "[0,4]"))}".utf8), bytes: 8)
    }
  }

  @Test func scalarsAndEmptyTensorsAreFine() throws {
    let header =
      "{\"__metadata__\":{\"format\":\"pt\"},\"scalar\":\(Self.tensor("[]", "[0,4]")),"
      + "\"none\":\(Self.tensor("[0,3]", "[4,4]"))}"
    let tensors = try Self.read(header: Array(header.utf8), bytes: 4)
    #expect(tensors.map(\.name) == ["scalar", "none"])
    #expect(tensors.map(\.shape) == [[], [0, 3]])
    #expect(try tensors.map { try $0.floats() } == [[0], []])
  }

  @Test func manyTensorsAreReadInTheirOrder() throws {
    let entries = (0..<20_000).map {
      "\"t\($0)\":\(Self.tensor("[1]", "[\($0 * 4),\($0 * 4 + 4)]"))"
    }
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    let tensors = try Self.read(header: header, bytes: 80_000)
    #expect(tensors.map(\.name) == (0..<20_000).map { "t\($0)" })
  }
}

@Suite struct WeightHostileFolderTests {
  private static func edit(_ path: String, _ change: (inout [String: Any]) -> Void) throws {
    let url = URL(fileURLWithPath: path)
    var object =
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as! [String: Any]
    change(&object)
    try JSONSerialization.data(withJSONObject: object).write(to: url)
  }

  private static func parsed(_ json: String) -> Any {
    try! JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
  }

  @Test func shardNamesThatLeaveTheFolderAreRefused() throws {
    for name in ["../../x", "/etc/passwd", "", "..", "a/b"] {
      try withCopy(of: "tiny-mha/hf-sharded") { folder in
        let index = folder + "/model.safetensors.index.json"
        try Self.edit(index) { object in
          var map = object["weight_map"] as! [String: String]
          map["language_model.lm_head.weight"] = name
          object["weight_map"] = map
        }
        expectWeightError(name, path: index, says: ["'\(name)' is not a plain file name"]) {
          _ = try WeightFormats.open(folder)
        }
      }
    }
  }

  @Test func missingAndDamagedShardsAreNamed() throws {
    try withCopy(of: "tiny-mha/hf-sharded") { folder in
      let shard = folder + "/model-00002-of-00002.safetensors"
      #expect(truncate(shard, 300_000) == 0)
      expectWeightError("truncated", path: shard, says: ["cut short"]) {
        _ = try WeightFormats.open(folder)
      }
      try FileManager.default.removeItem(atPath: shard)
      expectWeightError("missing", path: shard, says: ["no such file"]) {
        _ = try WeightFormats.open(folder)
      }
      try FileManager.default.copyItem(
        atPath: folder + "/model-00001-of-00002.safetensors", toPath: shard)
      expectWeightError("same tensors twice", says: ["is in both"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  /// What a configuration may not say, and what the message must name.
  @Test(arguments: [
    ("num_hidden_layers", "0"), ("num_hidden_layers", "-1"), ("num_hidden_layers", "1000000000"),
    ("num_hidden_layers", "2.5"), ("num_hidden_layers", "\"six\""), ("num_attention_heads", "7"),
    ("num_attention_heads", "0"), ("num_key_value_heads", "3"), ("num_key_value_heads", "64"),
    ("rope_theta", "0"), ("rope_theta", "-1"), ("rms_norm_eps", "1e300"), ("vocab_size", "0"),
    ("hidden_size", "1e40"), ("rope_scaling", "{\"type\": \"linear\", \"factor\": 0}"),
    ("hidden_act", "\"gelu\""), ("max_position_embeddings", "[]"),
  ])
  func impossibleTextConfigurationsAreRefused(key: String, value: String) throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      try Self.edit(folder + "/config.json") { object in
        var section = object["text_config"] as! [String: Any]
        section[key] = Self.parsed(value)
        object["text_config"] = section
      }
      expectWeightError("\(key) \(value)", path: folder + "/config.json", says: [key]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test(arguments: [
    ("image_size", "1000000"), ("patch_size", "0"), ("patch_size", "85"),
    ("num_attention_heads", "5"), ("num_hidden_layers", "0"), ("hidden_act", "\"gelu\""),
  ])
  func impossibleVisionConfigurationsAreRefused(key: String, value: String) throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      try Self.edit(folder + "/config.json") { object in
        var section = object["vision_config"] as! [String: Any]
        section[key] = Self.parsed(value)
        object["vision_config"] = section
      }
      expectWeightError("\(key) \(value)", path: folder + "/config.json", says: [key]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test func wrongShapesNameTensorFoundAndExpected() throws {
    try withCopy(of: "tiny-gqa/hf") { folder in
      try Self.edit(folder + "/config.json") { object in
        var section = object["text_config"] as! [String: Any]
        section["intermediate_size"] = 161
        object["text_config"] = section
      }
      expectWeightError(
        "feed forward", path: folder + "/model.safetensors",
        says: ["layers.0.mlp.gate_proj.weight", "[160, 64]", "[161, 64]"]
      ) { _ = try WeightFormats.open(folder) }
      try Self.edit(folder + "/config.json") { object in
        var section = object["text_config"] as! [String: Any]
        section["intermediate_size"] = 160
        section["num_hidden_layers"] = 9
        object["text_config"] = section
      }
      expectWeightError("layers", path: folder, says: ["layers.5.input_layernorm.weight"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }

  @Test func brokenConfigurationsAreNamed() throws {
    for (content, says) in [
      ("", "the file is empty"), ("[]", "it is not a JSON object"),
      ("null", "it is not valid JSON"), ("{\"model_type\": \"llava\"", "it is not valid JSON"),
      (String(repeating: "[", count: 100_000), "it is not valid JSON"),
    ] {
      try withCopy(of: "tiny-gqa/hf") { folder in
        let path = folder + "/config.json"
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        expectWeightError(String(content.prefix(20)), path: path, says: [says]) {
          _ = try WeightFormats.open(folder)
        }
      }
    }
  }

  @Test func whatIsNoModelIsSaidToBeNone() throws {
    try withFolder { folder in
      expectWeightError("empty folder", path: folder, says: ["Hugging Face", "GGUF"]) {
        _ = try WeightFormats.open(folder)
      }
      try Data("hello".utf8).write(to: URL(fileURLWithPath: folder + "/text.txt"))
      expectWeightError("text", says: ["available: "]) {
        _ = try WeightFormats.open(folder + "/text.txt")
      }
    }
  }

  @Test func missingClipFolderIsSaidWithThePlacesLookedAt() throws {
    try withCopy(of: "tiny-gqa/llava-v1.5-tiny-gqa") { folder in
      expectWeightError("no tower", says: ["openai/clip-tiny-patch14-84", "Looked at"]) {
        _ = try WeightFormats.open(folder)
      }
    }
  }
}
