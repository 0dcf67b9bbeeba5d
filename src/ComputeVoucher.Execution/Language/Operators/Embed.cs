namespace ComputeVoucher.Execution.Language;

/// <summary>The first residual: a row of the embedding.</summary>
internal static class Embed
{
    /// <summary>
    /// embed: x_i = rs(S·q − M, 24 − 16): the weight, exact in units of 2^-24, to Q.16.
    /// Range: |S·q − M| &lt; 2^32, so x is below 2^24.
    /// </summary>
    public static long Of(long exact) => Rounding.Shift(exact, 24 - Rounding.FractionBits);

    /// <summary>Of the prompt's token, or of the one produced a position before.</summary>
    public static long Element(TraceReader reader, in TracePlace at, int index)
    {
        long id = at.Position < reader.Layout.Record.Prompt
            ? Prompt(reader, InputRecord.HeaderBytes + 4 * at.Position)
            : reader.Get(at.Of(TraceTensor.Token, at.Position - 1), 0);
        return Of(reader.Weight(
            WeightId.Embedding, 0, reader.Within(id, reader.Shape.Vocab), index));
    }

    private static long Prompt(TraceReader reader, int at)
    {
        long id = 0;
        for (int i = 3; i >= 0; i--)
        {
            id = (id << 8) | reader.Get(default, at + i);
        }

        return id;
    }
}
