using System;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>QUANTIZE by a table: the definition applied once to each of 256 values.</summary>
// Safety: see IKernel; a byte indexes 256 entries.
internal sealed unsafe class QuantizeKernel : IKernel
{
    private readonly sbyte[] _table = new sbyte[256];

    public QuantizeKernel(Quantize op)
    {
        for (int i = 0; i < _table.Length; i++)
        {
            _table[i] = op.Of((sbyte)i);
        }
    }

    public long ScratchBytes => 0;

    public void Run(ReadOnlySpan<TensorView> inputs, sbyte* output, byte* scratch)
    {
        foreach (sbyte x in inputs[0].Span)
        {
            *output++ = _table[(byte)x];
        }
    }
}
