using ComputeVoucher.Trace;

namespace ComputeVoucher.Execution.Graphs;

/// <summary>QUANTIZE by a table: the definition applied once to each of 256 values.</summary>
internal sealed partial class Quantize
{
    public override IKernel? CreateAvx2Kernel() => new TableKernel(this);

    // Safety: see IKernel; a byte indexes 256 entries.
    private sealed unsafe class TableKernel : IKernel
    {
        private readonly sbyte[] _table = new sbyte[256];
        private readonly int _elements;

        public TableKernel(Quantize op)
        {
            _elements = op.Input.Elements;
            bool unsigned = op.Input.Type == TensorType.UInt8;
            for (int i = 0; i < _table.Length; i++)
            {
                _table[i] = op.Element(unsigned ? i : (sbyte)i);
            }
        }

        public long ScratchBytes => 0;

        public void Run(sbyte* input, sbyte* second, sbyte* output, byte* scratch)
        {
            fixed (sbyte* table = _table)
            {
                for (nint i = 0; i < _elements; i++)
                {
                    output[i] = table[(byte)input[i]];
                }
            }
        }
    }
}
