import KVCache

extension QuerySums {
  /// Sums over some rows of `[rows, heads, headDim]` queries, before rotary embedding.
  init(
    _ queries: UnsafePointer<Float>, rows: Range<Int>, heads: Int, headDim: Int,
    frequencies: [Float], pool: ThreadPool
  ) {
    let sums = FloatBuffer(count: heads * headDim)
    let products = FloatBuffer(count: heads * headDim * headDim)
    pool.parallel(heads) { head in
      let sum = sums.pointer + head * headDim
      for row in rows {
        let query = queries + (row * heads + head) * headDim
        for i in 0..<headDim {
          sum[i] += query[i]
          let product = products.pointer + (head * headDim + i) * headDim
          for j in 0..<headDim { product[j] += query[i] * query[j] }
        }
      }
    }
    self.init(
      count: rows.count, sums: sums.array(), products: products.array(), frequencies: frequencies)
  }
}
