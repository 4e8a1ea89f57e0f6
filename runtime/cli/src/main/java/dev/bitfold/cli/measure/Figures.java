package dev.bitfold.cli.measure;

/**
 * How far an output of one file is from that of another.
 *
 * @param samples how many there were: rows of the first axis
 * @param cosine between the two, the mean over all samples
 * @param worstCosine the smallest of a sample
 * @param snr signal to noise in decibels: the first file's squares over those of the differences;
 *     infinite where there is no difference
 * @param maxRelative the largest difference over the largest magnitude
 * @param equal the share of values that are equal bit for bit
 */
public record Figures(
    long samples,
    double cosine,
    double worstCosine,
    double snr,
    double maxRelative,
    double equal) {}
