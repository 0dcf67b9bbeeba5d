using System.Runtime.Intrinsics.X86;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>256-bit integer vectors; the definition where they bring nothing.</summary>
internal sealed class Avx2Backend : IBackend
{
    public Backend Backend => Backend.Avx2;

    public string? Absence =>
        Avx2.IsSupported ? null : "this processor or this build has no AVX2";

    public IKernel Compile(Operator op)
    {
        // A window may demand more padding than memory is worth; the definition needs none.
        IKernel? kernel = KernelOf(op);
        return kernel?.ScratchBytes <= GraphLimits.ScratchBytesMax
            ? kernel : new DefinitionKernel(op);
    }

    public KernelSet Compile(LlamaParameters model) => KernelSet.Avx2;

    private static IKernel? KernelOf(Operator op) => op switch
    {
        Conv2D o when PackedWeights.Fits(o.Parameters, o.Groups) => new Conv2DKernel(o),
        DepthwiseConv2D o => new DepthwiseConv2DKernel(o),
        FullyConnected o when PackedWeights.Fits(o.Parameters, 1) => new FullyConnectedKernel(o),
        AveragePool2D o => new AveragePool2DKernel(o),
        Mean o when MeanKernel.Fits(o) => new MeanKernel(o),
        Add o when o.IsPlain => new AddKernel(o),
        Quantize o => new QuantizeKernel(o),
        Pad o => new PadKernel(o),
        Reshape => new ReshapeKernel(),
        _ => null,
    };
}
