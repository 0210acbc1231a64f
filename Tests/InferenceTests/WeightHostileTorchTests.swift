import Foundation
import TestSupport
import Testing

@testable import Inference

/// A zip archive of stored entries.
private func zip(_ entries: [(name: String, data: [UInt8])], method: UInt16 = 0) -> Data {
  var body = ByteBuilder()
  var directory = ByteBuilder()
  for (name, data) in entries {
    let offset = UInt32(body.data.count)
    let size = UInt32(data.count)
    body =
      body.u32(0x0403_4b50).u16(20).u16(0).u16(method).u32(0).u32(0).u32(size).u32(size)
      .u16(UInt16(name.utf8.count)).u16(0).text(name) + data
    directory =
      directory.u32(0x0201_4b50).u16(20).u16(20).u16(0).u16(method).u32(0).u32(0).u32(size)
      .u32(size).u16(UInt16(name.utf8.count)).u16(0).u16(0).u16(0).u16(0).u32(0).u32(offset)
      .text(name)
  }
  let start = UInt32(body.data.count)
  let size = UInt32(directory.data.count)
  let end = ByteBuilder().u32(0x0605_4b50).u16(0).u16(0).u16(UInt16(entries.count))
    .u16(UInt16(entries.count)).u32(size).u32(start).u16(0)
  return body.data + directory.data + end.data
}

@Suite struct WeightHostileTorchTests {
  @discardableResult
  private static func read(_ data: Data) throws -> [Tensor] {
    try withFile(data, name: "pytorch_model.bin") {
      try TorchFile.tensors(of: MappedFile(path: $0))
    }
  }

  @discardableResult
  private static func read(pickle: ByteBuilder, storage: [UInt8] = []) throws -> [Tensor] {
    try read(zip([("a/data.pkl", Array(pickle.data)), ("a/data/0", storage)]))
  }

  /// What a file that ends too soon lacks, container by container.
  private static let cutShort = [
    "it may have been cut short", "it was cut short", "neither a zip", "are not in the file",
  ]

  /// `{"w": tensor}`: a float tensor over storage "0".
  private static func tensor(
    stored: UInt8, offset: UInt8 = 0, shape: [UInt32], strides: [UInt32]
  ) -> ByteBuilder {
    func tuple(_ values: [UInt32]) -> ByteBuilder {
      var builder = ByteBuilder().text("(")
      for value in values { builder = builder.text("J").u32(value) }
      return builder.text("t")
    }
    let storage = ByteBuilder().text("(").u8(0x8c).u8(7).text("storage").text(
      "ctorch\nFloatStorage\n"
    )
    .u8(0x8c).u8(1).text("0").u8(0x8c).u8(3).text("cpu").text("K").u8(stored).text("tQ")
    var builder = ByteBuilder().u8(0x80).u8(2).text("}").u8(0x8c).u8(1).text("w")
      .text("ctorch._utils\n_rebuild_tensor_v2\n(")
    builder = builder + Array(storage.data)
    builder = builder.text("K").u8(offset) + Array(tuple(shape).data) + Array(tuple(strides).data)
    return builder.u8(0x89).text("NtRs.")
  }

  /// `{"w0": tensor, "w1": tensor, …}` with dimensions and strides of 64 bits, all over storage "0".
  private static func tensors(
    _ count: Int, stored: Int32, offset: Int64 = 0, shape: [Int64], strides: [Int64]
  ) -> ByteBuilder {
    func tuple(_ values: [Int64]) -> [UInt8] {
      var builder = ByteBuilder().text("(")
      for value in values { builder = builder.u8(0x8a).u8(8).u64(UInt64(bitPattern: value)) }
      return Array(builder.text("t").data)
    }
    let storage = ByteBuilder().text("(").u8(0x8c).u8(7).text("storage")
      .text("ctorch\nFloatStorage\n").u8(0x8c).u8(1).text("0").u8(0x8c).u8(3).text("cpu")
      .text("J").u32(UInt32(bitPattern: stored)).text("tQ")
    var builder = ByteBuilder().u8(0x80).u8(2).text("}")
    for index in 0..<count {
      let name = "w\(index)"
      builder = builder.u8(0x8c).u8(UInt8(name.utf8.count)).text(name)
        .text("ctorch._utils\n_rebuild_tensor_v2\n(")
      builder = builder + Array(storage.data)
      builder = builder.u8(0x8a).u8(8).u64(UInt64(bitPattern: offset))
      builder = builder + tuple(shape) + tuple(strides)
      builder = builder.u8(0x89).text("NtRs")
    }
    return builder.text(".")
  }

  /// The stride of a dimension with one element is never walked, so it may be anything.
  @Test func stridesOfOneElementDoNotCount() throws {
    let huge = Int64.max / 2
    for (shape, strides) in [
      ([2, 1, 2], [1, huge, 2]), ([1, 2, 2], [huge, 1, 2]), ([1], [huge]), ([1, 1], [huge, huge]),
    ] as [([Int64], [Int64])] {
      try Self.read(
        pickle: Self.tensors(1, stored: 4, shape: shape, strides: strides),
        storage: [UInt8](repeating: 0, count: 16))
    }
  }

  @Test func emptyTensorsMayHaveAnyOtherDimension() throws {
    let huge = Int64(1) << 40
    for shape in [[0], [0, huge], [0, huge, huge]] as [[Int64]] {
      let strides = Array([huge, huge, 1].suffix(shape.count))
      try Self.read(
        pickle: Self.tensors(1, stored: 1, shape: shape, strides: strides),
        storage: [0, 0, 0, 0])
    }
    // No element is read, so the offset may be anything, too.
    let tensors = try Self.read(
      pickle: Self.tensors(1, stored: 1, offset: .max, shape: [0], strides: [1]),
      storage: [0, 0, 0, 0])
    #expect(tensors.map(\.shape) == [[0]])
    expectWeightError("overflow before the zero", says: ["'w0'"]) {
      try Self.read(
        pickle: Self.tensors(1, stored: 1, shape: [huge, huge, 0], strides: [1, 1, 1]),
        storage: [0, 0, 0, 0])
    }
  }

  /// Each view alone would be small enough.
  @Test func viewsTogetherMayNotTakeMoreThanTheFile() throws {
    let storage = [UInt8](repeating: 0, count: 4 * 4096)
    let shape: [Int64] = [64, 64]
    try Self.read(
      pickle: Self.tensors(1, stored: 4096, shape: shape, strides: [0, 1]), storage: storage)
    expectWeightError("150 views", says: ["more than the file"]) {
      try Self.read(
        pickle: Self.tensors(150, stored: 4096, shape: shape, strides: [0, 1]), storage: storage)
    }
  }

  @Test func wellFormedCheckpointIsRead() throws {
    let pickle = Self.tensor(stored: 2, shape: [2], strides: [1])
    let tensors = try Self.read(pickle: pickle, storage: [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])
    #expect(tensors.map(\.name) == ["w"])
    #expect(try tensors[0].floats() == [1, -2])
  }

  @Test func payloadsAreRefusedAndNamed() {
    let calls = [
      ("posix", "system"), ("builtins", "eval"), ("os", "system"), ("subprocess", "Popen"),
      ("torch", "load"), ("torch._utils", "_rebuild_sparse_tensor"), ("numpy", "frombuffer"),
    ]
    for (module, name) in calls {
      expectWeightError("GLOBAL \(name)", says: ["\(module).\(name)", "not run"]) {
        try Self.read(pickle: ByteBuilder().u8(0x80).u8(2).text("c\(module)\n\(name)\n)R."))
      }
      expectWeightError("STACK_GLOBAL \(name)", says: ["\(module).\(name)", "not run"]) {
        let text = ByteBuilder().u8(0x8c).u8(UInt8(module.count)).text(module)
          .u8(0x8c).u8(UInt8(name.count)).text(name)
        try Self.read(pickle: text.u8(0x93).text(")R."))
      }
    }
    for opcode in ["i", "o", "d", "l", "P", "\u{1}"] {
      expectWeightError("opcode \(opcode)", says: ["opcode"]) {
        try Self.read(pickle: ByteBuilder().text("(\(opcode)posix\nsystem\n."))
      }
    }
  }

  @Test func brokenPicklesAreRefused() {
    let (few, short) = ("takes more values than it has", "it was cut short")
    let pickles = [
      ("", short), (".", few), ("N", short), ("R.", few), ("(", short), ("t.", "never began"),
      ("s.", few), ("}s.", few), ("Nu.", "never began"), ("(NNu.", few), ("h\u{1}.", "recalls"),
      ("q\u{1}.", few), ("]a.", few), ("N.", "holds no"), ("cunfinished", short),
      ("X\u{ff}", short), ("(Q.", "no tensor storage"), ("NQ.", "no tensor storage"),
      (")Q.", "no tensor storage"), ("J12", short), ("\u{8}", "opcode 8"), (")R.", few),
      ("))R.", "cannot be called"),
    ]
    for (pickle, says) in pickles {
      expectWeightError("'\(pickle)'", says: [says]) {
        try Self.read(pickle: ByteBuilder().text(pickle))
      }
    }
  }

  @Test func memoriesAndNestingDoNotBlowUp() {
    // Each round doubles the value: t = (t, t).
    var doubling = ByteBuilder().u8(0x80).u8(2).text("N")
    for _ in 0..<10_000 { doubling = doubling.text("q").u8(0).text("h").u8(0).u8(0x86) }
    expectWeightError("doubling", says: ["holds no"]) { try Self.read(pickle: doubling.text(".")) }
    let deep = [UInt8](repeating: 0x85, count: 500_000)
    expectWeightError("deep", says: ["holds no"]) {
      try Self.read(pickle: ByteBuilder().text("N") + deep + Array(".".utf8))
    }
    let many = [UInt8](repeating: UInt8(ascii: "}"), count: 3_000_000)
    expectWeightError("many", says: ["more objects"]) {
      try Self.read(pickle: ByteBuilder() + many)
    }
  }

  @Test func tensorsOutsideTheirStorageAreRefused() {
    let eight = [UInt8](repeating: 0, count: 8)
    let cases: [(String, ByteBuilder, [UInt8])] = [
      (
        "the 3 elements of tensor 'w' are not in the file",
        Self.tensor(stored: 3, shape: [2], strides: [1]), eight
      ),
      (
        "'w' of shape [3] reaches beyond its storage of 2",
        Self.tensor(stored: 2, shape: [3], strides: [1]), eight
      ),
      (
        "'w' of shape [2] reaches beyond its storage of 2",
        Self.tensor(stored: 2, shape: [2], strides: [2]), eight
      ),
      (
        "'w' of shape [2] reaches beyond its storage of 2",
        Self.tensor(stored: 2, offset: 1, shape: [2], strides: [1]),
        eight
      ),
      (
        "from values that make none", Self.tensor(stored: 2, shape: [0xffff_ffff], strides: [1]),
        eight
      ),
      (
        "from values that make none", Self.tensor(stored: 2, shape: [2], strides: [0xffff_ffff]),
        eight
      ),
      (
        "reaches beyond its storage",
        Self.tensor(
          stored: 2, shape: [0x7fff_ffff, 0x7fff_ffff, 0x7fff_ffff],
          strides: [0x7fff_ffff, 0x7fff_ffff, 0x7fff_ffff]), eight
      ),
      ("from values that make none", Self.tensor(stored: 2, shape: [1, 2], strides: [1]), eight),
      (
        "'w' repeats its 2 elements",
        Self.tensor(stored: 2, shape: [0x7fff_ffff, 2], strides: [0, 1]),
        eight
      ),
    ]
    for (says, pickle, storage) in cases {
      expectWeightError(says, says: [says]) { try Self.read(pickle: pickle, storage: storage) }
    }
  }

  @Test func brokenArchivesAreRefused() throws {
    expectWeightError("compressed", says: ["compressed"]) {
      try Self.read(zip([("a/data.pkl", [0x2e])], method: 8))
    }
    expectWeightError("no pickle", says: ["data.pkl"]) { try Self.read(zip([("x", [1])])) }
    expectWeightError("entry twice", says: ["twice"]) {
      try Self.read(zip([("a/data.pkl", [1]), ("a/data.pkl", [1])]))
    }
    // A name that leaves the folder is only a name.
    expectWeightError("traversal", says: ["takes more values"]) {
      try Self.read(zip([("../../a/data.pkl", [0x2e])]))
    }
    expectWeightError("big-endian", says: ["big-endian"]) {
      try Self.read(zip([("a/data.pkl", [0x2e]), ("a/byteorder", Array("big".utf8))]))
    }
    expectWeightError("HTML", says: ["neither a zip"]) {
      try Self.read(Data("<!DOCTYPE html><html>".utf8))
    }
    let path = Oracle.path("golden/torch_bin/")
    for name in ["cases_dict.bin", "cases_legacy.bin"] {
      let data = try Data(contentsOf: URL(fileURLWithPath: path + name))
      for length in stride(from: 1, to: data.count - 1, by: 101) {
        expectWeightError("\(name) cut at \(length)", oneOf: Self.cutShort) {
          try Self.read(data.prefix(length))
        }
      }
    }
  }
}
