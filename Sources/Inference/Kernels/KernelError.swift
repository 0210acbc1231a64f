import Basics

/// Why the kernels cannot compute what they are asked for.
public enum KernelError: Error, Equatable, CustomStringConvertible {
  /// The system has no memory of this size in one piece, for a matrix or for a measurement.
  case outOfMemory(bytes: Int)
  /// Rows of a tensor do not fill the blocks of the type it is to be held in.
  case unsupportedColumns(name: String, columns: Int, type: String, block: Int)
  /// No kernel multiplies with the type; `ElementType.targets` are possible for every tensor.
  case unsupportedType(name: String, type: String)
  /// A weight is infinite or NaN.
  case notFinite(name: String)
  /// `CK_ISA` names no instruction set, or one that this machine lacks.
  case unavailableInstructions(name: String, isKnown: Bool, available: [String])
  /// The threads could not be started; `reason` is the system's, without a full stop.
  case threadsNotStarted(count: Int, reason: String)
  /// The threads' stacks do not fit into what is left of the memory.
  case noMemoryForThreads(count: Int, AvailableMemory)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .outOfMemory(let bytes):
      "The system has no \(Format.bytes(bytes)) of memory left in one piece. Raise the limit (ulimit -v), "
        + "or take a smaller type (q4_0) or model."
    case .unsupportedColumns(let name, let columns, let type, let block):
      "Tensor \(name) has rows of \(columns) elements; \(type) needs a multiple of \(block). Use f16."
    case .unsupportedType(let name, let type):
      "Tensor \(name) cannot be held as \(type). "
        + "Available: \(ElementType.targets.map(\.rawValue).joined(separator: ", "))."
    case .notFinite(let name):
      "Tensor \(name) holds weights that are infinite or NaN: "
        + "its file is damaged or its training failed."
    case .unavailableInstructions(let name, let isKnown, let available):
      "CK_ISA names \(name), which is \(isKnown ? "not available on this machine" : "unknown"). "
        + "Available: \(available.joined(separator: ", "))."
    case .threadsNotStarted(let count, let reason):
      "The system could not start \(count) threads: \(reason). Fewer (--threads), or a higher limit on "
        + "processes (ulimit -u), may work."
    case .noMemoryForThreads(let count, let available):
      "There is not enough memory for \(count) threads: only \(Format.bytes(available.bytes)) are "
        + "\(available.limit). Raise the limit, or give --threads a smaller number."
    }
  }
}
