namespace ComputeVoucher.Faults.Recorder;

/// <summary>One record of recorder.c.</summary>
internal sealed record JournalEvent(char Kind, string Name, long Offset, byte[] Data);
