using System;
using System.IO;
using System.Net.Sockets;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>One line for an exception, whoever threw it: what, where and the remedy.</summary>
public static class Failure
{
    /// <summary>The number that a client hears: the ledger's own, or ExecutionFailed.</summary>
    public static RefusalReason ReasonOf(Exception failure) =>
        failure is LedgerException ledger ? ledger.Reason : RefusalReason.ExecutionFailed;

    public static string Describe(Exception failure) => failure switch
    {
        NodeException or ModelException or LedgerException or ChainException or WireException =>
            failure.Message,
        AggregateException { InnerExceptions.Count: 1 } one => Describe(one.InnerExceptions[0]),
        FileNotFoundException or DirectoryNotFoundException => failure.Message
            + " (check the path)",
        UnauthorizedAccessException => failure.Message + " (check the owner and the mode)",
        IOException or SocketException or FormatException => failure.Message,
        OutOfMemoryException => "out of memory (give the process more, or a smaller model)",
        _ => $"unexpected {failure.GetType().Name}: {failure.Message} "
            + "(a defect: please report it with the command line)",
    };
}
