/// Reads the pickles of PyTorch checkpoints. Nothing is ever run: the only callables known are the
/// ones that tensors are rebuilt with, and they become plain values here. Anything else a pickle
/// names is refused where it is named.
///
/// Containers live in arrays and refer to each other by index, so that hostile nesting costs neither
/// stack nor more than a little memory per byte.
///
/// Opcodes: Python's `pickletools.py`, protocols 2 to 5.
struct Unpickler {
  enum Value {
    case none
    case boolean(Bool)
    case integer(Int)
    case float
    /// UTF-8, not checked.
    case text(UnsafeRawBufferPointer)
    /// Index into `tuples`.
    case tuple(Int)
    /// Index into `lists`.
    case list(Int)
    /// Index into `dictionaries`.
    case dictionary(Int)
    case global(Global)
    /// Index into `storages`.
    case storage(Int)
    /// Index into `tensors`.
    case tensor(Int)
    case mark
  }

  /// What a pickle may name.
  enum Global: Equatable {
    case orderedDictionary
    case rebuildTensor
    case rebuildParameter
    case storage(ElementType)
  }

  struct Storage: Equatable {
    var key: String
    var type: ElementType
    var count: Int
  }

  struct TensorView {
    var storage: Int
    /// In elements, as are `strides`.
    var offset: Int
    var shape: [Int]
    var strides: [Int]
  }

  struct Problem: Error {
    var detail: String
    /// Legal, but nothing that a checkpoint needs.
    var isRefusal = false
  }

  private(set) var tuples: [[Value]] = [[]]
  private(set) var lists: [[Value]] = []
  private(set) var dictionaries: [[(key: Value, value: Value)]] = []
  private(set) var storages: [Storage] = []
  private(set) var tensors: [TensorView] = []
  private var reader: ByteReader
  private var stack: [Value] = []
  private var memo: [Int: Value] = [:]

  /// A LLaVA checkpoint has about 20 000 objects.
  private static let maximumObjects = 1 << 20

  /// - Parameter bytes: must outlive the unpickler and its values.
  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    reader = ByteReader(bytes, at: position)
  }

  /// Behind the last pickle that was read.
  var position: Int { reader.position }

  /// Reads one pickle and returns its value. Values of earlier pickles stay valid.
  mutating func load() throws -> Value {
    stack = []
    memo = [:]
    while true {
      let opcode = try reader.read(UInt8.self)
      if opcode == UInt8(ascii: ".") { return try pop() }
      try step(opcode)
      guard
        tuples.count + lists.count + dictionaries.count + stack.count + memo.count
          < Self.maximumObjects
      else { throw Problem(detail: "its pickle holds more objects than any checkpoint needs") }
    }
  }

  private mutating func step(_ opcode: UInt8) throws {
    switch opcode {
    // Frames.
    case 0x80: _ = try reader.read(UInt8.self)
    case 0x95: _ = try reader.read(UInt64.self)
    // Atoms.
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.boolean(true))
    case 0x89: stack.append(.boolean(false))
    case UInt8(ascii: "K"): stack.append(.integer(Int(try reader.read(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int(try reader.read(UInt16.self))))
    case UInt8(ascii: "J"): stack.append(.integer(Int(try reader.read(Int32.self))))
    case 0x8a: stack.append(try long(Int(try reader.read(UInt8.self))))
    case UInt8(ascii: "G"):
      _ = try reader.read(UInt64.self)
      stack.append(.float)
    case 0x8c: stack.append(.text(try reader.take(Int(try reader.read(UInt8.self)))))
    case UInt8(ascii: "X"): stack.append(.text(try reader.take(Int(try reader.read(UInt32.self)))))
    case 0x8d:
      stack.append(.text(try reader.take(Int(clamping: try reader.read(UInt64.self)))))
    // Containers.
    case UInt8(ascii: "("): stack.append(.mark)
    case UInt8(ascii: ")"): stack.append(.tuple(0))
    case UInt8(ascii: "t"): push(tuple: try popToMark())
    case 0x85, 0x86, 0x87:
      var values: [Value] = []
      for _ in 0..<(opcode - 0x84) { values.insert(try pop(), at: 0) }
      push(tuple: values)
    case UInt8(ascii: "]"):
      lists.append([])
      stack.append(.list(lists.count - 1))
    case UInt8(ascii: "a"): try extendList([try pop()])
    case UInt8(ascii: "e"): try extendList(try popToMark())
    case UInt8(ascii: "}"): pushDictionary()
    case UInt8(ascii: "s"):
      let value = try pop()
      try extendDictionary([try pop(), value])
    case UInt8(ascii: "u"): try extendDictionary(try popToMark())
    // Memo.
    case UInt8(ascii: "q"): memo[Int(try reader.read(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[Int(try reader.read(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(Int(try reader.read(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(try reader.read(UInt32.self)))
    // Objects.
    case UInt8(ascii: "c"):
      let module = String(decoding: try reader.line(), as: UTF8.self)
      let name = String(decoding: try reader.line(), as: UTF8.self)
      stack.append(.global(try global(module, name)))
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw Problem(detail: "its pickle names something by a value that is no text")
      }
      stack.append(
        .global(
          try global(String(decoding: module, as: UTF8.self), String(decoding: name, as: UTF8.self))
        ))
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "Q"): try pushStorage()
    case UInt8(ascii: "b"): _ = try pop()  // attributes, such as a state dict's _metadata
    default:
      throw Problem(
        detail: "its pickle uses opcode \(opcode), which no checkpoint needs", isRefusal: true)
    }
  }

  // MARK: Stack

  private mutating func pop() throws -> Value {
    guard let value = stack.popLast() else {
      throw Problem(detail: "its pickle takes more values than it has")
    }
    return value
  }

  private func top() throws -> Value {
    guard let value = stack.last else {
      throw Problem(detail: "its pickle takes more values than it has")
    }
    return value
  }

  private mutating func popToMark() throws -> [Value] {
    guard
      let mark = stack.lastIndex(where: { if case .mark = $0 { true } else { false } })
    else { throw Problem(detail: "its pickle ends a group that it never began") }
    let values = Array(stack[(mark + 1)...])
    stack.removeSubrange(mark...)
    return values
  }

  private mutating func recall(_ key: Int) throws {
    guard let value = memo[key] else {
      throw Problem(detail: "its pickle recalls value \(key), which it never stored")
    }
    stack.append(value)
  }

  /// A signed integer of `count` bytes; the longer ones (the magic number) are kept as text.
  private mutating func long(_ count: Int) throws -> Value {
    let bytes = try reader.take(count)
    guard count <= 8 else { return .text(bytes) }
    var value: UInt64 = count > 0 && bytes[count - 1] & 0x80 != 0 ? .max : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return .integer(Int(Int64(bitPattern: value)))
  }

  // MARK: Containers

  private mutating func push(tuple: [Value]) {
    tuples.append(tuple)
    stack.append(.tuple(tuples.count - 1))
  }

  private mutating func pushDictionary() {
    dictionaries.append([])
    stack.append(.dictionary(dictionaries.count - 1))
  }

  private mutating func extendList(_ values: [Value]) throws {
    guard case .list(let index) = try top() else {
      throw Problem(detail: "its pickle appends to what is no list")
    }
    lists[index] += values
  }

  private mutating func extendDictionary(_ values: [Value]) throws {
    guard case .dictionary(let index) = try top(), values.count % 2 == 0 else {
      throw Problem(detail: "its pickle sets items of what is no dictionary")
    }
    for pair in stride(from: 0, to: values.count, by: 2) {
      dictionaries[index].append((values[pair], values[pair + 1]))
    }
  }

  // MARK: Objects

  /// PyTorch's storage classes; truth values take a byte each.
  private static let storageTypes: [String: ElementType] = Dictionary(
    uniqueKeysWithValues: ElementType.allCases.compactMap { type in
      type.torchStorage.map { ($0, type) }
    } + [("BoolStorage", .u8)])

  private func global(_ module: String, _ name: String) throws -> Global {
    switch (module, name) {
    case ("collections", "OrderedDict"): return .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): return .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): return .rebuildParameter
    case ("torch", let name):
      if let type = Self.storageTypes[name] { return .storage(type) }
    default: break
    }
    throw Problem(
      detail: "its pickle names '\(module).\(name)', which tensors do not need; it was not run",
      isRefusal: true)
  }

  private mutating func reduce() throws {
    guard case .tuple(let index) = try pop(), case .global(let global) = try pop() else {
      throw Problem(detail: "its pickle calls what cannot be called")
    }
    let arguments = tuples[index]
    switch global {
    case .orderedDictionary: pushDictionary()
    case .rebuildParameter:
      guard case .tensor? = arguments.first else {
        throw Problem(detail: "its pickle makes a parameter of what is no tensor")
      }
      stack.append(arguments[0])
    case .rebuildTensor: try pushTensor(arguments)
    case .storage: throw Problem(detail: "its pickle calls a storage type", isRefusal: true)
    }
  }

  private mutating func pushTensor(_ arguments: [Value]) throws {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1], offset >= 0,
      let shape = dimensions(arguments[2]), let strides = dimensions(arguments[3]),
      shape.count == strides.count
    else { throw Problem(detail: "its pickle rebuilds a tensor from values that make none") }
    tensors.append(TensorView(storage: storage, offset: offset, shape: shape, strides: strides))
    stack.append(.tensor(tensors.count - 1))
  }

  /// A tuple of at most 8 numbers that are not negative.
  private func dimensions(_ value: Value) -> [Int]? {
    guard case .tuple(let index) = value, tuples[index].count <= 8 else { return nil }
    var result: [Int] = []
    for value in tuples[index] {
      guard case .integer(let size) = value, size >= 0 else { return nil }
      result.append(size)
    }
    return result
  }

  /// `("storage", type, key, device, count)`, in the older container with a sixth value, None.
  private mutating func pushStorage() throws {
    guard case .tuple(let index) = try pop(), tuples[index].count >= 5,
      case .global(.storage(let type)) = tuples[index][1], case .text(let key) = tuples[index][2],
      case .integer(let count) = tuples[index][4], count >= 0
    else { throw Problem(detail: "its pickle refers to something that is no tensor storage") }
    if tuples[index].count > 5, case .none = tuples[index][5] {
    } else if tuples[index].count > 5 {
      throw Problem(detail: "its storages are views of other storages", isRefusal: true)
    }
    storages.append(Storage(key: String(decoding: key, as: UTF8.self), type: type, count: count))
    stack.append(.storage(storages.count - 1))
  }
}
