import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Files that change or hold nonsense, and machines that are too small: a sentence, never a crash.
@Suite struct ModelFileTests {
  private static let fixture = "tiny-gqa/hf"
  private static let embedding = "language_model.model.embed_tokens.weight"

  private static func load(_ folder: String) throws -> LlavaModel {
    try LlavaModel(
      WeightFormats.open(folder), options: LoadOptions(matrixType: .f32, threads: 1))
  }

  private static func embed(_ model: LlavaModel, _ token: Int) throws -> [Float] {
    let row = try FloatBuffer(count: model.configuration.text.width) {
      try model.language.embed(token, into: $0)
    }
    return row.array()
  }

  @Test func embeddingRowsAreTheTensors() throws {
    try withCopy(of: Self.fixture) { folder in
      let model = try Self.load(folder)
      let rows = try model.checkpoint.tensor(.tokenEmbedding).floats()
      let width = model.configuration.text.width
      for token in [0, 7, model.configuration.text.vocabulary - 1] {
        let row = try Self.embed(model, token)
        #expect(row.elementsEqual(rows[token * width..<(token + 1) * width]))
      }
    }
  }

  @Test func aFileCutShortAfterTheLoadIsNamed() throws {
    try withCopy(of: Self.fixture) { folder in
      let model = try Self.load(folder)
      let path = folder + "/model.safetensors"
      #expect(truncate(path, 5000) == 0)
      expectWeightError("cut", path: path, says: ["was changed"]) {
        _ = try Self.embed(model, 639)
      }
    }
  }

  @Test func aFileOverwrittenAfterTheLoadIsNamed() throws {
    try withCopy(of: Self.fixture) { folder in
      let model = try Self.load(folder)
      let path = folder + "/model.safetensors"
      let handle = try #require(FileHandle(forWritingAtPath: path))
      try handle.seek(toOffset: 100_000)
      try handle.write(contentsOf: Data(count: 50_000))
      try handle.close()
      // Clocks of file systems are coarse: make sure that the time differs.
      var times = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
      #expect(utimes(path, &times) == 0)
      expectWeightError("overwritten", path: path, says: ["was changed"]) {
        _ = try Self.embed(model, 1)
      }
    }
  }

  @Test func tokensWithoutARowAreNamed() throws {
    try withCopy(of: Self.fixture) { folder in
      let model = try Self.load(folder)
      for token in [-1, 640, .max] {
        expectWeightError("\(token)", says: ["token \(token)", "640 rows"]) {
          _ = try Self.embed(model, token)
        }
      }
    }
  }

  /// NaN, infinity and its negative in f16.
  @Test(arguments: [[0, 0x7e], [0, 0x7c], [0, 0xfc]] as [[UInt8]])
  func weightsThatAreNoNumbersAreNamed(bits: [UInt8]) throws {
    for name in [
      "language_model.model.norm.weight", "multi_modal_projector.linear_1.bias",
      "vision_tower.vision_model.embeddings.class_embedding",
      "language_model.model.layers.1.mlp.down_proj.weight",
    ] {
      try withCopy(of: Self.fixture) { folder in
        var edit = try SafetensorsEdit(folder + "/model.safetensors")
        edit.overwrite(name, at: 2, with: bits)
        try edit.write()
        expectWeightError(name, says: ["'\(name)'", "no numbers"]) { _ = try Self.load(folder) }
      }
    }
    try withCopy(of: Self.fixture) { folder in
      var edit = try SafetensorsEdit(folder + "/model.safetensors")
      edit.overwrite(Self.embedding, at: 5 * 64 * 2, with: bits)
      try edit.write()
      let model = try Self.load(folder)
      _ = try Self.embed(model, 4)
      expectWeightError("row", says: [Self.embedding, "no numbers"]) {
        _ = try Self.embed(model, 5)
      }
    }
  }

  /// The weights are finite and what they make is not: keys of millions have no place in f16.
  @Test func numbersThatBecomeTooLargeAreNamed() throws {
    try withCopy(of: Self.fixture) { folder in
      var edit = try SafetensorsEdit(folder + "/model.safetensors")
      let norm = "language_model.model.layers.0.input_layernorm.weight"
      // 65504, the largest number of f16.
      for index in 0..<64 { edit.overwrite(norm, at: 2 * index, with: [0xff, 0x7b]) }
      try edit.write()
      let model = try Self.load(folder)
      func logits(_ precision: CachePrecision) throws -> [Float] {
        let session = try model.session(
          SessionOptions(policy: RetentionPolicies.named("full"), cachePrecision: precision))
        return try session.prefill(Prompt(text: [5, 6, 7]), image: nil).logits
      }
      #expect(throws: ModelError.overflow) { try logits(.f16) }
      #expect(try logits(.f32).allSatisfy(\.isFinite))
    }
  }

  /// Token 5 has nothing in the one place of layer 0's input that is made huge, and token 9 nothing else.
  @Test func aTokenThatBecomesTooLargeLeavesTheSessionAsItWas() throws {
    try withCopy(of: Self.fixture) { folder in
      var edit = try SafetensorsEdit(folder + "/model.safetensors")
      edit.overwrite(
        "language_model.model.layers.0.input_layernorm.weight", at: 0, with: [0xff, 0x7b])
      edit.overwrite(Self.embedding, at: 5 * 64 * 2, with: [0, 0])
      for index in 0..<64 {
        edit.overwrite(
          Self.embedding, at: (9 * 64 + index) * 2, with: index == 0 ? [0, 0x3c] : [0, 0])
      }
      try edit.write()
      let model = try Self.load(folder)
      func session() throws -> InferenceSession {
        let session = try model.session(
          SessionOptions(
            policy: RetentionPolicies.named("prefixkv"), budget: Budget(0.5),
            cachePrecision: .f16, recording: [.importance], spills: true))
        _ = try session.prefill(Prompt(text: [5, 5, 5, 5, 5, 5]), image: nil)
        return session
      }
      let (tried, untouched) = (try session(), try session())
      #expect(throws: ModelError.overflow) { try tried.decode(9) }
      #expect(tried.cache.seen == 6)
      #expect(try tried.decode(5) == untouched.decode(5))
      #expect(try tried.decode(5) == untouched.decode(5))
    }
  }

  // MARK: Memory

  @Test func theNeedIsWhatTheModelTakes() throws {
    let model = try Self.load(Oracle.root + "/models/" + Self.fixture)
    let loader = WeightLoader(
      checkpoint: model.checkpoint.headers, matrixType: .f32, visionType: .f32, pool: model.pool)
    let need = try MemoryNeed(model.checkpoint.headers, loader)
    let matrices = model.weightBytes - model.language.bytes + model.language.decodeBytes
    #expect(need.weights >= matrices && need.weights < matrices * 5 / 4)
    // 5 layers, 2 heads of 16, keys and values of 2 bytes, 36 patches and 256 positions of text.
    #expect(need.cache == 5 * 2 * 16 * 2 * 2 * (36 + 256))
    // At least one row of every position in each of the decoder's arrays.
    let text = model.configuration.text
    #expect(need.work >= 4 * (36 + 256) * (text.width + text.feedForward))
    try need.verify(available: nil)
    try need.verify(available: AvailableMemory(bytes: need.bytes, limit: "free"))
    let error = #expect(throws: ModelError.self) {
      try need.verify(available: AvailableMemory(bytes: 1 << 10, limit: "free on this machine"))
    }
    #expect("\(try #require(error))".contains("only 1.0 KiB are free on this machine"))
  }

  /// Writes files below a folder that stands for the root of the file system.
  private static func available(_ files: [String: String]) throws -> AvailableMemory? {
    try withFolder { root in
      for (path, text) in files {
        let url = URL(fileURLWithPath: root + path)
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
      }
      return AvailableMemory.measured(root: root)
    }
  }

  private static let machine = [
    "/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    4000 kB\nSwapFree:  1000 kB\n"
  ]

  @Test func theMachinesMemoryCounts() throws {
    let free = try #require(try Self.available(Self.machine))
    #expect(free == AvailableMemory(bytes: 5000 * 1024, limit: "free on this machine"))
    #expect(try Self.available([:]) == nil)
  }

  @Test func controlGroupsCountAtEveryLevel() throws {
    var files = Self.machine
    files["/proc/self/cgroup"] = "0::/user/job\n"
    files["/sys/fs/cgroup/user/job/memory.max"] = "max\n"
    files["/sys/fs/cgroup/user/job/memory.current"] = "5\n"
    files["/sys/fs/cgroup/user/memory.max"] = "1000000\n"
    files["/sys/fs/cgroup/user/memory.current"] = "700000\n"
    files["/sys/fs/cgroup/user/memory.stat"] = "anon 1\ninactive_file 200000\n"
    #expect(try Self.available(files)?.bytes == 500_000)
    files["/sys/fs/cgroup/user/memory.current"] = "99999999999999\n"
    #expect(try Self.available(files)?.bytes == 0)
  }

  @Test func olderControlGroupsCount() throws {
    var files = Self.machine
    files["/proc/self/cgroup"] = "5:cpu:/a\n4:memory:/docker/x\n"
    files["/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes"] = "1000\n"
    files["/sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes"] = "400\n"
    #expect(try Self.available(files)?.bytes == 600)
  }

  @Test func limitsOfTheProcessCount() throws {
    var files = Self.machine
    files["/proc/self/limits"] = """
      Limit                     Soft Limit           Hard Limit           Units
      Max data size             unlimited            unlimited            bytes
      Max address space         3000000              unlimited            bytes
      """
    files["/proc/self/status"] = "VmSize:\t 1000 kB\nVmData:\t 10 kB\n"
    let left = try #require(try Self.available(files))
    #expect(left.bytes == 3_000_000 - 1_024_000 && left.limit.contains("ulimit -v"))
  }
}
