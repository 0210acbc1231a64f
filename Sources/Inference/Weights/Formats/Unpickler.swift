/// Reads the pickles of PyTorch checkpoints. Nothing is ever run: the only known callables are
/// those that rebuild tensors, and they become plain values here. Any other name in a pickle is
/// refused at once.
///
/// Containers live in arrays and refer to each other by index, so that hostile nesting costs neither
/// stack nor more than a little memory per byte.
///
/// Opcodes: Python's `pickletools.py`, protocols 2 to 5.
struct Unpickler {
  private(set) var tuples: [[Value]] = [[]]
  private(set) var lists: [[Value]] = []
  private(set) var dictionaries: [[(key: Value, value: Value)]] = []
  private(set) var storages: [Storage] = []
  private(set) var tensors: [TensorView] = []
  private var reader: ByteReader
  private var stack = PickleStack()

  /// The most objects that are read; a LLaVA checkpoint has about 20 000.
  private static let maximumObjects = 1 << 20

  /// - Parameter bytes: must outlive the unpickler and its values.
  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    reader = ByteReader(bytes, at: position)
  }

  /// The byte after the last pickle that was read.
  var position: Int { reader.position }

  /// Reads one pickle and returns its value. Values of earlier pickles stay valid.
  mutating func load() throws -> Value {
    stack = PickleStack()
    while true {
      let opcode = try reader.read(UInt8.self)
      if opcode == UInt8(ascii: ".") { return try stack.pop() }
      try step(opcode)
      guard
        tuples.count + lists.count + dictionaries.count + stack.count < Self.maximumObjects
      else { throw Problem(detail: "its pickle holds more objects than any checkpoint needs") }
    }
  }

  private mutating func step(_ opcode: UInt8) throws {
    let isKnown =
      try takeAtom(opcode) || takeContainer(opcode) || takeMemo(opcode) || takeObject(opcode)
    guard isKnown else {
      throw Problem(
        detail: "its pickle uses opcode \(opcode), which no checkpoint needs", isRefusal: true)
    }
  }

  // MARK: Opcodes. Each function returns whether the opcode belongs to its group.

  private mutating func takeAtom(_ opcode: UInt8) throws -> Bool {
    switch opcode {
    case 0x80: _ = try reader.read(UInt8.self)  // the protocol
    case 0x95: _ = try reader.read(UInt64.self)  // the length of a frame
    case UInt8(ascii: "N"): stack.push(.none)
    case 0x88: stack.push(.boolean(true))
    case 0x89: stack.push(.boolean(false))
    case UInt8(ascii: "K"): stack.push(.integer(Int(try reader.read(UInt8.self))))
    case UInt8(ascii: "M"): stack.push(.integer(Int(try reader.read(UInt16.self))))
    case UInt8(ascii: "J"): stack.push(.integer(Int(try reader.read(Int32.self))))
    case 0x8a: stack.push(try long(Int(try reader.read(UInt8.self))))
    case UInt8(ascii: "G"):
      _ = try reader.read(UInt64.self)
      stack.push(.float)
    case 0x8c: stack.push(.text(try reader.take(Int(try reader.read(UInt8.self)))))
    case UInt8(ascii: "X"): stack.push(.text(try reader.take(Int(try reader.read(UInt32.self)))))
    case 0x8d: stack.push(.text(try reader.take(Int(clamping: try reader.read(UInt64.self)))))
    default: return false
    }
    return true
  }

  private mutating func takeContainer(_ opcode: UInt8) throws -> Bool {
    switch opcode {
    case UInt8(ascii: "("): stack.push(.mark)
    case UInt8(ascii: ")"): stack.push(.tuple(0))
    case UInt8(ascii: "t"): push(tuple: try stack.popToMark())
    case 0x85, 0x86, 0x87: push(tuple: try stack.pop(Int(opcode) - 0x84))
    case UInt8(ascii: "]"):
      lists.append([])
      stack.push(.list(lists.count - 1))
    case UInt8(ascii: "a"): try extendList([try stack.pop()])
    case UInt8(ascii: "e"): try extendList(try stack.popToMark())
    case UInt8(ascii: "}"): pushDictionary()
    case UInt8(ascii: "s"): try extendDictionary(try stack.pop(2))
    case UInt8(ascii: "u"): try extendDictionary(try stack.popToMark())
    default: return false
    }
    return true
  }

  private mutating func takeMemo(_ opcode: UInt8) throws -> Bool {
    switch opcode {
    case UInt8(ascii: "q"): try stack.store(at: Int(try reader.read(UInt8.self)))
    case UInt8(ascii: "r"): try stack.store(at: Int(try reader.read(UInt32.self)))
    case 0x94: try stack.store()
    case UInt8(ascii: "h"): try stack.recall(Int(try reader.read(UInt8.self)))
    case UInt8(ascii: "j"): try stack.recall(Int(try reader.read(UInt32.self)))
    default: return false
    }
    return true
  }

  private mutating func takeObject(_ opcode: UInt8) throws -> Bool {
    switch opcode {
    case UInt8(ascii: "c"): try pushGlobal(module: try reader.line(), name: try reader.line())
    case 0x93:
      let parts = try stack.pop(2)
      guard case .text(let module) = parts[0], case .text(let name) = parts[1] else {
        throw Problem(detail: "its pickle names something by a value that is no text")
      }
      try pushGlobal(module: module, name: name)
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "Q"): try pushStorage()
    case UInt8(ascii: "b"): _ = try stack.pop()  // attributes, such as a state dict's _metadata
    default: return false
    }
    return true
  }

  // MARK: Atoms

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
    stack.push(.tuple(tuples.count - 1))
  }

  private mutating func pushDictionary() {
    dictionaries.append([])
    stack.push(.dictionary(dictionaries.count - 1))
  }

  private mutating func extendList(_ values: [Value]) throws {
    guard case .list(let index) = try stack.top() else {
      throw Problem(detail: "its pickle appends to what is no list")
    }
    lists[index] += values
  }

  private mutating func extendDictionary(_ values: [Value]) throws {
    guard case .dictionary(let index) = try stack.top(), values.count % 2 == 0 else {
      throw Problem(detail: "its pickle sets items of what is no dictionary")
    }
    for pair in stride(from: 0, to: values.count, by: 2) {
      dictionaries[index].append((values[pair], values[pair + 1]))
    }
  }

  // MARK: Objects

  private mutating func pushGlobal(
    module: UnsafeRawBufferPointer, name: UnsafeRawBufferPointer
  ) throws {
    stack.push(
      .global(
        try Global(
          module: String(decoding: module, as: UTF8.self),
          name: String(decoding: name, as: UTF8.self))))
  }

  private mutating func reduce() throws {
    guard case .tuple(let index) = try stack.pop(), case .global(let global) = try stack.pop()
    else {
      throw Problem(detail: "its pickle calls what cannot be called")
    }
    let arguments = tuples[index]
    switch global {
    case .orderedDictionary: pushDictionary()
    case .rebuildParameter:
      guard case .tensor? = arguments.first else {
        throw Problem(detail: "its pickle makes a parameter of what is no tensor")
      }
      stack.push(arguments[0])
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
    stack.push(.tensor(tensors.count - 1))
  }

  /// The numbers of a tuple; nil unless there are at most 8 and none is negative.
  private func dimensions(_ value: Value) -> [Int]? {
    guard case .tuple(let index) = value, tuples[index].count <= 8 else { return nil }
    var result: [Int] = []
    for value in tuples[index] {
      guard case .integer(let size) = value, size >= 0 else { return nil }
      result.append(size)
    }
    return result
  }

  /// Reads `("storage", type, key, device, count)`; the older container has a sixth value, None.
  private mutating func pushStorage() throws {
    guard case .tuple(let index) = try stack.pop(), tuples[index].count >= 5,
      case .global(.storage(let type)) = tuples[index][1], case .text(let key) = tuples[index][2],
      case .integer(let count) = tuples[index][4], count >= 0
    else { throw Problem(detail: "its pickle refers to something that is no tensor storage") }
    if tuples[index].count > 5, case .none = tuples[index][5] {
    } else if tuples[index].count > 5 {
      throw Problem(detail: "its storages are views of other storages", isRefusal: true)
    }
    storages.append(Storage(key: String(decoding: key, as: UTF8.self), type: type, count: count))
    stack.push(.storage(storages.count - 1))
  }
}
