/// The values of pickles, as `Unpickler` keeps them.
extension Unpickler {
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

  struct Storage: Equatable {
    var key: String
    var type: ElementType
    var count: Int
  }

  struct TensorView {
    var storage: Int
    /// The first element, counted in elements of the storage, as are `strides`.
    var offset: Int
    var shape: [Int]
    var strides: [Int]
  }

  struct Problem: Error {
    var detail: String
    /// Whether the pickle is valid, but does something that no checkpoint needs.
    var isRefusal = false
  }
}
