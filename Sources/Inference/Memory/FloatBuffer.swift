import Foundation

/// A 64-byte aligned array of floats that is never initialised twice: working memory of the model.
///
/// Owned by one thread at a time; the pool's threads only see slices of it inside one `parallel`.
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

  convenience init(_ values: some Collection<Float>) {
    self.init(uninitialized: values.count)
    _ = UnsafeMutableBufferPointer(start: pointer, count: count).initialize(from: values)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  /// A copy of the first `count` floats.
  func array(_ count: Int? = nil) -> [Float] {
    Array(UnsafeBufferPointer(start: pointer, count: count ?? self.count))
  }
}
