/// From stored elements to floats.
///
/// Block layouts and arithmetic as in ggml (`ggml-common.h`, `ggml-quants.c`), so that values are
/// those of `dequantize_row_*`. Sources are read unaligned.
enum Dequantization {
  /// Converts `count` elements, a multiple of the type's block size.
  static func convert(
    _ source: UnsafeRawPointer, type: ElementType, count: Int,
    into floats: UnsafeMutablePointer<Float>
  ) {
    let block = block(of: type)
    if let block {
      for index in 0..<(count / type.blockSize) {
        block(source + index * type.blockBytes, floats + index * type.blockSize)
      }
    } else {
      convertElements(source, type: type, count: count, into: floats)
    }
  }

  private typealias Block = (UnsafeRawPointer, UnsafeMutablePointer<Float>) -> Void

  private static func block(of type: ElementType) -> Block? {
    switch type {
    case .q8_0: q8_0
    case .q4_0: q4_0
    case .q4_1: q4_1
    case .q5_0: q5_0
    case .q5_1: q5_1
    case .q2_k: q2_k
    case .q3_k: q3_k
    case .q4_k: q4_k
    case .q5_k: q5_k
    case .q6_k: q6_k
    default: nil
    }
  }

  private static func convertElements(
    _ source: UnsafeRawPointer, type: ElementType, count: Int,
    into floats: UnsafeMutablePointer<Float>
  ) {
    func each<Element: BitwiseCopyable>(_: Element.Type, _ value: (Element) -> Float) {
      for index in 0..<count {
        floats[index] = value(
          source.loadUnaligned(
            fromByteOffset: index * MemoryLayout<Element>.stride, as: Element.self))
      }
    }
    switch type {
    case .f32: UnsafeMutableRawPointer(floats).copyMemory(from: source, byteCount: count * 4)
    case .f16: each(UInt16.self, float(half:))
    case .bf16: each(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .f64: each(Double.self) { Float($0) }
    case .u8: each(UInt8.self) { Float($0) }
    case .i8: each(Int8.self) { Float($0) }
    case .i16: each(Int16.self) { Float($0) }
    case .i32: each(Int32.self) { Float($0) }
    case .i64: each(Int64.self) { Float($0) }
    default: preconditionFailure("\(type) is stored in blocks")
    }
  }

  /// IEEE half to single without a library call (`Float16`'s own conversion is one on x86-64).
  @inline(__always)
  static func float(half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let magnitude = UInt32(half & 0x7fff)
    let normal = Float(bitPattern: (magnitude << 13) &+ (112 << 23))
    let infinite = Float(bitPattern: (magnitude << 13) | 0x7f80_0000)
    // 0.5 + magnitude * 2^-24 is exact, so this is right without relying on subnormal floats.
    let subnormal = Float(bitPattern: magnitude | 0x3f00_0000) - 0.5
    let value = magnitude < 0x0400 ? subnormal : magnitude >= 0x7c00 ? infinite : normal
    return Float(bitPattern: value.bitPattern | sign)
  }

  @inline(__always)
  private static func half(_ source: UnsafeRawPointer, _ offset: Int) -> Float {
    float(half: source.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  @inline(__always)
  private static func byte(_ source: UnsafeRawPointer, _ offset: Int) -> UInt8 {
    source.load(fromByteOffset: offset, as: UInt8.self)
  }

  // MARK: Blocks of 32

  /// f16 scale, 32 signed bytes.
  private static func q8_0(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    for index in 0..<32 {
      floats[index] = Float(source.load(fromByteOffset: 2 + index, as: Int8.self)) * scale
    }
  }

  /// f16 scale, 16 bytes: low nibbles are elements 0..<16, high nibbles 16..<32; minus 8.
  private static func q4_0(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    for index in 0..<16 {
      let pair = byte(source, 2 + index)
      floats[index] = Float(Int(pair & 15) - 8) * scale
      floats[index + 16] = Float(Int(pair >> 4) - 8) * scale
    }
  }

  /// f16 scale, f16 minimum, 16 bytes of nibbles.
  private static func q4_1(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    let minimum = half(source, 2)
    for index in 0..<16 {
      let pair = byte(source, 4 + index)
      floats[index] = Float(pair & 15) * scale + minimum
      floats[index + 16] = Float(pair >> 4) * scale + minimum
    }
  }

  /// f16 scale, 32 fifth bits, 16 bytes of nibbles; minus 16.
  private static func q5_0(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    let high = source.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
    for index in 0..<16 {
      let pair = byte(source, 6 + index)
      let low = Int(pair & 15) | Int(high >> UInt32(index) & 1) << 4
      let upper = Int(pair >> 4) | Int(high >> UInt32(index + 16) & 1) << 4
      floats[index] = Float(low - 16) * scale
      floats[index + 16] = Float(upper - 16) * scale
    }
  }

  /// f16 scale, f16 minimum, 32 fifth bits, 16 bytes of nibbles.
  private static func q5_1(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    let minimum = half(source, 2)
    let high = source.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
    for index in 0..<16 {
      let pair = byte(source, 8 + index)
      let low = Int(pair & 15) | Int(high >> UInt32(index) & 1) << 4
      let upper = Int(pair >> 4) | Int(high >> UInt32(index + 16) & 1) << 4
      floats[index] = Float(low) * scale + minimum
      floats[index + 16] = Float(upper) * scale + minimum
    }
  }

  // MARK: Blocks of 256

  /// 16 bytes of 4-bit scales and minimums, 64 bytes of 2-bit values, f16 scale, f16 minimum.
  private static func q2_k(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 80)
    let minimum = half(source, 82)
    for group in 0..<16 {  // 16 elements each
      let (part, within) = group.quotientAndRemainder(dividingBy: 8)
      let factors = byte(source, group)
      let step = scale * Float(factors & 15)
      let offset = minimum * Float(factors >> 4)
      let shift = UInt8(within / 2 * 2)
      let values = 16 + part * 32 + within % 2 * 16
      for index in 0..<16 {
        floats[group * 16 + index] =
          step * Float(byte(source, values + index) >> shift & 3) - offset
      }
    }
  }

  /// 32 bytes of third bits, 64 bytes of 2-bit values, 12 bytes of 6-bit scales, f16 scale.
  private static func q3_k(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 108)
    for group in 0..<16 {
      let (part, within) = group.quotientAndRemainder(dividingBy: 8)
      // Scale `group`: low 4 bits in byte group % 8, high 2 bits in byte 8 + group % 4.
      let low = byte(source, 96 + group % 8) >> UInt8(group / 8 * 4) & 15
      let high = byte(source, 104 + group % 4) >> UInt8(group / 4 * 2) & 3
      let step = scale * Float(Int(low | high << 4) - 32)
      let shift = UInt8(within / 2 * 2)
      let mask = UInt8(1) << UInt8(part * 4 + within / 2)
      let column = within % 2 * 16
      for index in 0..<16 {
        let value = Int(byte(source, 32 + part * 32 + column + index) >> shift & 3)
        let third = byte(source, column + index) & mask == 0 ? 4 : 0
        floats[group * 16 + index] = step * Float(value - third)
      }
    }
  }

  /// The 6-bit scale and minimum of group `index` of 8, packed in 12 bytes (q4_k and q5_k).
  @inline(__always)
  private static func scaleAndMinimum(
    _ source: UnsafeRawPointer, _ index: Int
  ) -> (scale: Float, minimum: Float) {
    if index < 4 {
      return (Float(byte(source, index) & 63), Float(byte(source, index + 4) & 63))
    }
    let low = byte(source, index + 4)
    return (
      Float(low & 15 | (byte(source, index - 4) >> 6) << 4),
      Float(low >> 4 | (byte(source, index) >> 6) << 4)
    )
  }

  /// f16 scale, f16 minimum, 12 bytes of 6-bit scales and minimums, 128 bytes of nibbles.
  private static func q4_k(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    let minimum = half(source, 2)
    for pair in 0..<4 {  // 64 elements each: 32 low nibbles, then the 32 high ones
      let first = scaleAndMinimum(source + 4, pair * 2)
      let second = scaleAndMinimum(source + 4, pair * 2 + 1)
      let (step1, offset1) = (scale * first.scale, minimum * first.minimum)
      let (step2, offset2) = (scale * second.scale, minimum * second.minimum)
      for index in 0..<32 {
        let value = byte(source, 16 + pair * 32 + index)
        floats[pair * 64 + index] = step1 * Float(value & 15) - offset1
        floats[pair * 64 + 32 + index] = step2 * Float(value >> 4) - offset2
      }
    }
  }

  /// As q4_k, with 32 bytes of fifth bits before the nibbles.
  private static func q5_k(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 0)
    let minimum = half(source, 2)
    for pair in 0..<4 {
      let first = scaleAndMinimum(source + 4, pair * 2)
      let second = scaleAndMinimum(source + 4, pair * 2 + 1)
      let (step1, offset1) = (scale * first.scale, minimum * first.minimum)
      let (step2, offset2) = (scale * second.scale, minimum * second.minimum)
      for index in 0..<32 {
        let value = byte(source, 48 + pair * 32 + index)
        let high = byte(source, 16 + index) >> UInt8(pair * 2)
        floats[pair * 64 + index] = step1 * Float(value & 15 | (high & 1) << 4) - offset1
        floats[pair * 64 + 32 + index] = step2 * Float(value >> 4 | (high & 2) << 3) - offset2
      }
    }
  }

  /// 128 bytes of low nibbles, 64 bytes of high 2-bit parts, 16 signed scales, f16 scale; minus 32.
  private static func q6_k(_ source: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) {
    let scale = half(source, 208)
    for part in 0..<2 {  // 128 elements each, in four runs of 32
      for run in 0..<4 {
        let nibbles = part * 64 + run % 2 * 32
        let nibbleShift = UInt8(run / 2 * 4)
        for index in 0..<32 {
          let low = byte(source, nibbles + index) >> nibbleShift & 15
          let high = byte(source, 128 + part * 32 + index) >> UInt8(run * 2) & 3
          let group = part * 8 + run * 2 + index / 16
          let step = scale * Float(source.load(fromByteOffset: 192 + group, as: Int8.self))
          floats[part * 128 + run * 32 + index] = step * Float(Int(low | high << 4) - 32)
        }
      }
    }
  }
}
