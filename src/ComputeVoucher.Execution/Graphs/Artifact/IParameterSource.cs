namespace ComputeVoucher.Execution.Graphs;

/// <summary>Gives layers their parameters in source order.</summary>
internal interface IParameterSource
{
    /// <exception cref="ModelException">Not that many are left.</exception>
    ChannelParameters Take(int channels, long weightsPerChannel);
}
