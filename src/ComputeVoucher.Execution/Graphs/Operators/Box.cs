namespace ComputeVoucher.Execution.Graphs;

/// <summary>Elements of a tensor: so many along each dimension, so far apart.</summary>
/// <param name="Extents">(rank): elements along each dimension.</param>
/// <param name="Strides">(rank): distance of neighbours; 0 where one stands for all.</param>
internal readonly record struct Box(int[] Extents, int[] Strides)
{
    /// <summary>Offset of element number n, counted with the last dimension fastest.</summary>
    public int OffsetOf(int n)
    {
        int offset = 0;
        for (int i = Extents.Length - 1; i >= 0; i--)
        {
            offset += n % Extents[i] * Strides[i];
            n /= Extents[i];
        }

        return offset;
    }
}
