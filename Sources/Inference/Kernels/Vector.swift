import CKernels

/// Arithmetic over rows of floats, divided among threads (`ck_vector.h`). Input and output may be
/// the same memory.
public enum Vector {
  /// y = x / √(mean(x²) + epsilon) · weight for each of `rows` rows. x, y `[rows, width]`.
  public static func rmsNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, rows: Int, width: Int, epsilon: Float,
    into y: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.parallel(count: rows, grain: grain(width)) { range in
      for row in range {
        ck_rms_norm(pool.isa, x + row * width, weight, width, epsilon, y + row * width)
      }
    }
  }

  /// y = (x - mean) / √(variance + epsilon) · weight + bias for each row. x, y `[rows, width]`.
  public static func layerNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>, rows: Int,
    width: Int, epsilon: Float, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.parallel(count: rows, grain: grain(width)) { range in
      for row in range {
        ck_layer_norm(pool.isa, x + row * width, weight, bias, width, epsilon, y + row * width)
      }
    }
  }

  /// Half-split rotary embedding in place. x `[n, heads, headDim]`; row i has the i-th angles.
  public static func rope(
    _ x: UnsafeMutablePointer<Float>, n: Int, heads: Int, headDim: Int, angles: RotaryAngles,
    pool: ThreadPool
  ) {
    precondition(angles.count == n && angles.headDim == headDim, "one angle row for each position")
    let (row, pairs) = (heads * headDim, angles.frequencies.count)
    angles.cosines.withUnsafeBufferPointer { cosines in
      angles.sines.withUnsafeBufferPointer { sines in
        let (c, s) = (cosines.baseAddress!, sines.baseAddress!)
        pool.parallel(count: n, grain: grain(row)) { range in
          for i in range {
            ck_rope(pool.isa, x + i * row, c + i * pairs, s + i * pairs, heads, headDim, pairs)
          }
        }
      }
    }
  }

  /// y = gate · sigmoid(gate) · up, each `[count]`.
  public static func siluMultiply(
    gate: UnsafePointer<Float>, up: UnsafePointer<Float>, count: Int,
    into y: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.parallel(count: count, grain: elementGrain) { range in
      let first = range.lowerBound
      ck_silu_multiply(pool.isa, gate + first, up + first, range.count, y + first)
    }
  }

  /// y = x · sigmoid(1.702 x); y may be x.
  public static func quickGELU(
    _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.parallel(count: count, grain: elementGrain) { range in
      ck_quick_gelu(pool.isa, x + range.lowerBound, range.count, y + range.lowerBound)
    }
  }

  /// y = x · (1 + tanh(√(2/π) · (x + 0.044715 x³))) / 2; y may be x.
  public static func tanhGELU(
    _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.parallel(count: count, grain: elementGrain) { range in
      ck_tanh_gelu(pool.isa, x + range.lowerBound, range.count, y + range.lowerBound)
    }
  }

  /// y = x · (1 + erf(x / √2)) / 2; y may be x.
  public static func gelu(
    _ x: UnsafePointer<Float>, count: Int, into y: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    pool.parallel(count: count, grain: elementGrain) { range in
      ck_gelu(pool.isa, x + range.lowerBound, range.count, y + range.lowerBound)
    }
  }

  /// y += x, each `[count]`.
  public static func add(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int, pool: ThreadPool
  ) {
    pool.parallel(count: count, grain: elementGrain) { range in
      ck_add(pool.isa, y + range.lowerBound, x + range.lowerBound, range.count)
    }
  }

  /// Softmax in place; returns log Σ exp of the values before. `count` > 0.
  @discardableResult
  public static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int) -> Float {
    ck_softmax(InstructionSet.best.rawValue, x, count)
  }

  /// log Σ exp(x). `count` > 0.
  public static func logSumExp(_ x: UnsafePointer<Float>, count: Int) -> Float {
    ck_log_sum_exp(InstructionSet.best.rawValue, x, count)
  }

  /// Index of the largest value, the first of equals. `count` > 0.
  public static func argmax(_ x: UnsafePointer<Float>, count: Int) -> Int { ck_argmax(x, count) }

  /// Elements of a task: about 2 µs of work. Waking a thread for less does not pay.
  private static let elementGrain = 8192
  private static func grain(_ width: Int) -> Int { max(1, elementGrain / max(1, width)) }
}
