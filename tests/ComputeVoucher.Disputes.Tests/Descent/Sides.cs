namespace ComputeVoucher.Disputes.Tests.Descent;

/// <summary>Both sides of a dispute, played to its end.</summary>
internal static class Sides
{
    /// <summary>A provider that answers from the run that it signed, an opener with his own.
    /// </summary>
    /// <param name="own">The honest run.</param>
    /// <param name="signed">The provider's.</param>
    /// <param name="operands">Whether operands are asked for where they may be.</param>
    public static (Ending Ending, Court Court) Play(
        RecordedRun own, RecordedRun signed, bool operands)
    {
        Court court = new(signed.Layout, RunTree.Trace, signed.Trace.Root);
        DescentOpener opener = new(own, RunTree.Trace, signed.Trace.Root);
        for (DescentPick? pick = DescentPick.Whole(signed.Trace.Root); pick is not null;)
        {
            byte[] data = DescentAnswers.Data(signed, court.Position);
            if (!court.Answer(data))
            {
                return (Ending.Silence, court);
            }

            pick = opener.Answered(data);
            if (opener.Inputs() is not null)
            {
                return (Ending.Inputs, court);
            }

            Assert.True(pick is null || court.Pick(pick));
            Assert.Equal(court.Position, opener.Position);
        }

        return (operands && opener.Operands() is { } request
            ? Operands(own, signed, court, opener, request)
            : Proof(own, court, opener), court);
    }

    private static Ending Proof(RecordedRun own, Court court, DescentOpener opener)
    {
        byte[]? proof = opener.Proof();
        return proof is not null && court.Judge(own, proof).Verdict == Verdict.Differs
            ? Ending.Proof : Ending.Lapsed;
    }

    private static Ending Operands(
        RecordedRun own, RecordedRun signed, Court court, DescentOpener opener,
        OperandsRequest request)
    {
        request = OperandsRequest.Decode(request.Encode())!.Value;
        OperandsAnswer answer = DescentAnswers.Operands(signed, request);
        if (!court.Explains(signed, request, answer))
        {
            return Ending.Silence;
        }

        byte[]? refutation = opener.Refutation(request, answer.Values);
        return refutation is not null
            && court.Refutes(own, request, answer.Values, refutation)
                ? Ending.Proof : Ending.Lapsed;
    }
}
