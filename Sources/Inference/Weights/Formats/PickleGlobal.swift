extension Unpickler {
  /// The names that a pickle may use: the callables that rebuild tensors. They are never called;
  /// this program makes what they would make.
  enum Global: Equatable {
    case orderedDictionary
    case rebuildTensor
    case rebuildParameter
    case storage(ElementType)

    /// - Throws: `Problem` for every other name.
    init(module: String, name: String) throws(Problem) {
      switch (module, name) {
      case ("collections", "OrderedDict"): self = .orderedDictionary
      case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
      case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
      case ("torch", let name) where Self.storageTypes[name] != nil:
        self = .storage(Self.storageTypes[name]!)
      default:
        throw Problem(
          detail: "its pickle names '\(module).\(name)', which tensors do not need; it was not run",
          isRefusal: true)
      }
    }

    /// PyTorch's storage classes; a boolean takes a byte.
    private static let storageTypes: [String: ElementType] = Dictionary(
      uniqueKeysWithValues: ElementType.allCases.compactMap { type in
        type.torchStorage.map { ($0, type) }
      } + [("BoolStorage", .u8)])
  }
}
