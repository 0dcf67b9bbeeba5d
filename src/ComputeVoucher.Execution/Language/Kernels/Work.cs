namespace ComputeVoucher.Execution.Language;

/// <summary>Independent pieces of one operator; any thread may run any piece.</summary>
internal abstract class Work
{
    /// <summary>How many pieces there are; set before the team starts.</summary>
    public int Pieces { get; protected set; }

    /// <param name="piece">0 … Pieces − 1, each run exactly once.</param>
    /// <param name="worker">Whose scratch memory to use.</param>
    public abstract void Run(int piece, int worker);
}
