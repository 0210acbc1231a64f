import Foundation

/// An array of floats on a 64-byte boundary, shared by reference: working memory of the model.
///
/// One thread at a time may use it. Inside one `parallel`, the pool's threads may use slices of it.
final class FloatBuffer {
  let count: Int
  let pointer: UnsafeMutablePointer<Float>

  private init(uninitialized count: Int) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  convenience init(count: Int) {
    self.init(uninitialized: count)
    pointer.initialize(repeating: 0, count: max(count, 1))
  }

  /// - Parameter fill: writes all `count` floats.
  convenience init(count: Int, filledBy fill: (UnsafeMutablePointer<Float>) throws -> Void) rethrows
  {
    self.init(uninitialized: count)
    try fill(pointer)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  /// A copy of the first `count` floats.
  func array(_ count: Int? = nil) -> [Float] {
    Array(UnsafeBufferPointer(start: pointer, count: count ?? self.count))
  }
}
