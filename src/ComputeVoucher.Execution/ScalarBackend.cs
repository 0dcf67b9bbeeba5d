using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>The definitions themselves.</summary>
internal sealed class ScalarBackend : IBackend
{
    public Backend Backend => Backend.Scalar;

    public string? Absence => null;

    public IKernel[] Compile(Graph graph)
    {
        IKernel[] kernels = new IKernel[graph.Operators.Length];
        for (int i = 0; i < kernels.Length; i++)
        {
            kernels[i] = new DefinitionKernel(graph.Operators[i]);
        }

        return kernels;
    }

    public KernelSet Compile(LlamaParameters model) => KernelSet.Scalar;
}
