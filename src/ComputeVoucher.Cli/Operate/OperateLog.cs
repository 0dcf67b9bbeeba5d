using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Cli;

/// <summary>What the program itself logs of a running node; ids from 80 on.</summary>
internal static partial class OperateLog
{
    [LoggerMessage(80, LogLevel.Information, "configuration read again: {Line}")]
    public static partial void Reloaded(this ILogger log, string line);

    [LoggerMessage(81, LogLevel.Warning,
        "configuration read again and refused, nothing changed: {Line}")]
    public static partial void ReloadRefused(this ILogger log, string line);

    [LoggerMessage(82, LogLevel.Error, "this costs money ({Name}): {Text}")]
    public static partial void CostsMoney(this ILogger log, string name, string text);

    [LoggerMessage(83, LogLevel.Warning,
        "{Allowed} descriptors are allowed, {Wanted} may be needed: beyond them newcomers get no "
        + "answer (raise LimitNOFILE, or ulimit -Hn)")]
    public static partial void DescriptorsFew(this ILogger log, object allowed, object wanted);

    [LoggerMessage(84, LogLevel.Warning,
        "the heap is not bounded: {Bytes} bytes were refused ({Reason}); lower wire:heldBytesMax "
        + "or wire:connectionsMax, or give the process more memory")]
    public static partial void HeapUnbounded(this ILogger log, object bytes, string reason);
}
