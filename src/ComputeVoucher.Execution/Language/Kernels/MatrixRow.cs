namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Products of rows of a weight matrix with one int16 vector: the definition. A fast variant
/// stands in MatrixRow.Avx2.cs and gives the same sums: addition of integers has no order.
/// </summary>
internal static partial class MatrixRow
{
    /// <summary>
    /// sum_j = Σ_groups (S·Σ q·x − M·Σ x): per group of 32 (16 for Q6_K) a dot in int32
    /// (32·128·32767 &lt; 2^27), scaled and summed in int64 (import bounds it below 2^62).
    /// </summary>
    /// <param name="matrix">Weights.</param>
    /// <param name="x">int16 [32·Groups], zero beyond Columns.</param>
    /// <param name="groupSums">Unused here; the AVX2 form wants Σ x of every group.</param>
    /// <param name="rowBlock">First block of 8 rows.</param>
    /// <param name="rowBlocks">How many.</param>
    /// <param name="fromGroup">First group of 32 columns.</param>
    /// <param name="toGroup">Behind the last group.</param>
    /// <param name="sums">int64 [8·rowBlocks]; rows beyond the matrix come out as 0.</param>
    // Safety: reads x[0 .. 32·Groups), writes sums[0 .. 8·rowBlocks); the caller owns both.
    public static unsafe void SumScalar(
        QuantMatrix matrix,
        short* x,
        int* groupSums,
        int rowBlock,
        int rowBlocks,
        int fromGroup,
        int toGroup,
        long* sums)
    {
        int columns = WeightForms.GroupColumns(matrix.Form);
        for (int r = 0; r < WeightForms.BlockRows * rowBlocks; r++)
        {
            int row = WeightForms.BlockRows * rowBlock + r;
            sums[r] = 0;
            if (row >= matrix.Rows)
            {
                continue;
            }

            for (int c = 32 * fromGroup; c < 32 * toGroup; c += columns)
            {
                int dot = 0;
                int sum = 0;
                for (int i = c; i < c + columns; i++)
                {
                    dot += matrix.Quant(row, i) * x[i];
                    sum += x[i];
                }

                sums[r] += (long)matrix.Scale(row, c) * dot - (long)matrix.Offset(row, c) * sum;
            }
        }
    }
}
